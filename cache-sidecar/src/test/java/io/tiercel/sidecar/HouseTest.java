package io.tiercel.sidecar;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;

/** Who may know whom in the sidecar. When a rule fails, move the class rather than the rule. */
@AnalyzeClasses(packages = "io.tiercel.sidecar", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
    private static final String MAIN = "io.tiercel.sidecar";
    private static final String RESP = MAIN + ".resp";
    private static final String FLEET = "io.tiercel.cache.fleet..";
    private static final String CONTROL = MAIN + ".control";
    private static final String KEYSPACE = MAIN + ".keyspace";
    private static final String MEMORY = MAIN + ".memory";
    private static final String FRONT = MAIN + ".front";
    private static final String HTTP = MAIN + ".http";
    private static final String CONFIG = MAIN + ".config";

    // ---- down only: main, then the two fronts and the settings, then what they show, then the protocol

    @ArchTest
    static final ArchRule the_protocol_knows_nobody = knowsOfOurs(RESP, RESP);

    @ArchTest
    static final ArchRule what_operators_see_knows_the_fleet_only =
            knowsOfOurs(CONTROL, CONTROL, FLEET, "io.tiercel.cache.tier");

    @ArchTest
    static final ArchRule keys_in_memory_know_the_protocol_only = knowsOfOurs(MEMORY, MEMORY, RESP);

    @ArchTest
    static final ArchRule the_keyspace_knows_no_front =
            knowsOfOurs(KEYSPACE, KEYSPACE, CONTROL, RESP, "io.tiercel.cache..");

    @ArchTest
    static final ArchRule the_Redis_front_knows_no_HTTP_and_no_settings =
            knowsOfOurs(FRONT, FRONT, KEYSPACE, MEMORY, CONTROL, RESP, "io.tiercel.cache..");

    @ArchTest
    static final ArchRule HTTP_knows_what_operators_see_and_no_more = knowsOfOurs(HTTP, HTTP, CONTROL, FLEET);

    @ArchTest
    static final ArchRule settings_know_what_they_describe =
            knowsOfOurs(CONFIG, CONFIG, CONTROL, RESP, "io.tiercel.cache..");

    @ArchTest
    static final ArchRule packages_form_no_cycle =
            slices().matching("io.tiercel.sidecar.(**)").should().beFreeOfCycles();

    // ---- one place for each library

    @ArchTest
    static final ArchRule nobody_knows_Lettuce_or_spymemcached =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("io.lettuce..", "net.spy..");

    @ArchTest
    static final ArchRule only_the_settings_know_picocli = noClasses()
            .that()
            .resideOutsideOfPackage(CONFIG)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli..");

    @ArchTest
    static final ArchRule only_HTTP_and_settings_know_Jackson = noClasses()
            .that()
            .resideOutsideOfPackages(CONFIG, HTTP)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("tools.jackson..", "com.fasterxml.jackson..");

    // ---- what nobody does

    @ArchTest
    static final ArchRule nobody_reads_Java_serialization =
            noClasses().should().dependOnClassesThat().haveFullyQualifiedName("java.io.ObjectInputStream");

    @ArchTest
    static final ArchRule no_method_is_synchronized = noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED);

    @ArchTest
    static final ArchRule nobody_uses_a_ThreadLocal =
            noClasses().should().dependOnClassesThat().areAssignableTo(ThreadLocal.class);

    @ArchTest
    static final ArchRule only_the_entry_prints = noClasses()
            .that()
            .resideInAnyPackage(RESP, CONTROL, KEYSPACE, MEMORY, FRONT, HTTP, CONFIG)
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err");

    @ArchTest
    static final ArchRule nobody_waits_in_a_loop = noClasses().should().callMethod(Thread.class, "sleep", long.class);

    @ArchTest
    static void every_package_is_NullMarked(JavaClasses classes) {
        Set<String> unmarked = classes.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(p -> !p.tryGetPackageInfo()
                        .map(info -> info.isAnnotatedWith(NullMarked.class))
                        .orElse(false))
                .map(p -> p.getName())
                .collect(Collectors.toSet());
        if (!unmarked.isEmpty()) {
            throw new AssertionError("packages without @NullMarked in their package-info: " + unmarked);
        }
    }

    private static ArchRule knowsOfOurs(String who, String... whom) {
        DescribedPredicate<JavaClass> foreign = DescribedPredicate.not(resideInAPackage("io.tiercel.."));
        return classes()
                .that()
                .resideInAPackage(who)
                .should()
                .onlyDependOnClassesThat(foreign.or(resideInAnyPackage(whom)));
    }
}
