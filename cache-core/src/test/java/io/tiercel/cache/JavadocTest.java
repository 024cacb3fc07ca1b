package io.tiercel.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every public type and member has a comment, and every component of a public record its {@code @param}. javac's own
 * check would ask for a {@code @param} and a {@code @return} on every method as well, which says things twice.
 */
class JavadocTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "src/main/java",
                "src/test/java/io/tiercel/cache/chaos",
                "../cache-embedded/src/main/java",
                "../cache-sidecar/src/main/java"
            })
    void whatever_is_public_has_a_comment(String sources) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(sources))) {
            List<Path> java = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.endsWith("package-info.java"))
                    .toList();
            assertThat(java).hasSizeGreaterThan(5);

            List<String> missing = new ArrayList<>();
            for (Path file : java) {
                missing.addAll(missingIn(Files.readString(file)));
            }

            assertThat(missing).as("public without a comment").isEmpty();
        }
    }

    @Test
    void what_lacks_a_comment_is_found_and_what_needs_none_is_not() throws IOException {
        String source = """
                public class A {
                    public A() {}
                    public int field;
                    public void method() {}
                    protected void inherited() {}
                    void internal() {}
                    @Override public String toString() { return ""; }
                    /** Said. */
                    public void said() {}
                    public interface Nested { int implicit(); }
                    public enum Choice { ONE }
                    /**
                     * Said.
                     * @param first one
                     */
                    public record Pair(int first, int second) {}
                    record Own(int x) { public int y() { return x; } }
                }
                """;

        assertThat(missingIn(source))
                .containsExactly(
                        "A",
                        "A.A",
                        "A.field",
                        "A.method",
                        "A.inherited",
                        "A.Nested",
                        "A.Nested.implicit",
                        "A.Choice",
                        "A.Choice.ONE",
                        "A.Pair, @param second");
    }

    private static List<String> missingIn(String source) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///A.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, UTF_8)) {
            JavacTask task =
                    (JavacTask) compiler.getTask(null, manager, null, List.of("-proc:none"), null, List.of(file));
            PublicScanner scanner = new PublicScanner(DocTrees.instance(task));
            for (CompilationUnitTree unit : task.parse()) {
                scanner.scan(new TreePath(unit), null);
            }
            return scanner.missing;
        }
    }

    /** Looks at what is visible from outside the package, without resolving any name. */
    private static final class PublicScanner extends TreePathScanner<@Nullable Void, @Nullable Void> {
        private final DocTrees comments;
        final List<String> missing = new ArrayList<>();

        PublicScanner(DocTrees comments) {
            this.comments = comments;
        }

        @Override
        public @Nullable Void visitClass(ClassTree type, @Nullable Void nothing) {
            if (!isVisible(type.getModifiers())) {
                return null;
            }
            if (comments.getDocComment(getCurrentPath()) == null) {
                missing.add(path());
            }
            for (Tree member : type.getMembers()) {
                if (member instanceof ClassTree) {
                    scan(member, null);
                } else if (member instanceof MethodTree method) {
                    visitMember(method, method.getModifiers(), method.getName().toString());
                } else if (member instanceof VariableTree field) {
                    visitField(type, field);
                }
            }
            return null;
        }

        private void visitField(ClassTree type, VariableTree field) {
            String name = field.getName().toString();
            if (type.getKind() == Tree.Kind.RECORD
                    && !field.getModifiers().getFlags().contains(Modifier.STATIC)) {
                String comment = comments.getDocComment(getCurrentPath());
                if (comment == null || !comment.contains("@param " + name + " ")) {
                    missing.add(path() + ", @param " + name);
                }
            } else {
                visitMember(field, field.getModifiers(), name);
            }
        }

        private void visitMember(Tree member, ModifiersTree modifiers, String name) {
            boolean overrides = modifiers.getAnnotations().stream()
                    .anyMatch(annotation ->
                            annotation.getAnnotationType().toString().equals("Override"));
            boolean ofRecord = name.equals("<init>") && isRecord();
            if (isVisible(modifiers) && !overrides && !ofRecord) {
                TreePath path = new TreePath(getCurrentPath(), member);
                if (comments.getDocComment(path) == null) {
                    missing.add(path() + "." + (name.equals("<init>") ? lastName() : name));
                }
            }
        }

        private boolean isVisible(ModifiersTree modifiers) {
            Set<Modifier> flags = modifiers.getFlags();
            if (flags.contains(Modifier.PUBLIC) || flags.contains(Modifier.PROTECTED)) {
                return true;
            }
            return !flags.contains(Modifier.PRIVATE) && isMemberOfInterface(modifiers);
        }

        /** What a record's constructor takes is said of the record. */
        private boolean isRecord() {
            return getCurrentPath().getLeaf().getKind() == Tree.Kind.RECORD;
        }

        private boolean isMemberOfInterface(ModifiersTree modifiers) {
            // A member is looked at while its type is the current path, a nested type when it is itself.
            Tree here = getCurrentPath().getLeaf();
            Tree owner = here instanceof ClassTree type && type.getModifiers() == modifiers
                    ? getCurrentPath().getParentPath().getLeaf()
                    : here;
            return owner.getKind() == Tree.Kind.INTERFACE || owner.getKind() == Tree.Kind.ANNOTATION_TYPE;
        }

        private String path() {
            StringBuilder names = new StringBuilder();
            for (Tree tree : getCurrentPath()) {
                if (tree instanceof ClassTree type) {
                    names.insert(0, names.isEmpty() ? "" : ".").insert(0, type.getSimpleName());
                }
            }
            return names.toString();
        }

        private String lastName() {
            return ((ClassTree) getCurrentPath().getLeaf()).getSimpleName().toString();
        }
    }
}
