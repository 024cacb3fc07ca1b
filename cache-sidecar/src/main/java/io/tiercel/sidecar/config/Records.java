package io.tiercel.sidecar.config;

import io.tiercel.sidecar.config.BadValueException.Fault;
import io.tiercel.sidecar.config.Node.Field;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Settings that are lists of values with names: users and admin tokens. */
final class Records {
    static final Kind<List<User>> USERS = new Kind<>(
            "[{...}]",
            "a list, such as [{name: app, password-file: /run/secrets/app, prefixes: ['app:'], access: write}]",
            Kind.Shape.RECORDS,
            Records::users);

    static final Kind<List<AdminToken>> ADMIN_TOKENS = new Kind<>(
            "[{...}]",
            "a list, such as [{file: /run/secrets/token, role: operate}]",
            Kind.Shape.RECORDS,
            Records::tokens);

    private Records() {}

    private static List<User> users(Node value) throws BadValueException {
        List<Fault> faults = new ArrayList<>();
        List<User> users = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int number = 0;
        for (Node item : items(value)) {
            Reader reader = new Reader(
                    "[" + ++number + "]",
                    item,
                    List.of("name", "password", "password-file", "prefixes", "access"),
                    faults);
            String name = reader.required("name", Kinds.name(64));
            Secret password = reader.optional("password", Kinds.SECRET);
            Secret inFile = reader.optional("password-file", Kinds.SECRET_FILE);
            List<String> prefixes = reader.optional("prefixes", Kinds.PREFIXES);
            User.Access access = reader.optional("access", Kinds.oneOf(User.Access.class));
            if (reader.has("password") == reader.has("password-file") && reader.isRecord()) {
                reader.fault("expected either password or password-file");
            }
            if (name != null && !names.add(name)) {
                reader.fault("there is another user " + name);
            }
            Secret either = password == null ? inFile : password;
            if (name != null && either != null) {
                users.add(new User(
                        name,
                        either,
                        prefixes == null ? List.of() : prefixes,
                        access == null ? User.Access.WRITE : access));
            }
        }
        return allOrNone(users, faults);
    }

    private static List<AdminToken> tokens(Node value) throws BadValueException {
        List<Fault> faults = new ArrayList<>();
        List<AdminToken> tokens = new ArrayList<>();
        int number = 0;
        for (Node item : items(value)) {
            Reader reader = new Reader("[" + ++number + "]", item, List.of("file", "role"), faults);
            Path file = reader.required("file", Kinds.PATH);
            AdminToken.Role role = reader.required("role", Kinds.oneOf(AdminToken.Role.class));
            if (file != null) {
                try {
                    Secret token = token(file);
                    if (role != null) {
                        tokens.add(new AdminToken(file, role, token));
                    }
                } catch (BadValueException e) {
                    reader.fault(String.valueOf(e.getMessage()));
                }
            }
        }
        return allOrNone(tokens, faults);
    }

    /** The single token of {@code admin-token-file}. */
    static final Kind<AdminToken> ADMIN_TOKEN = Kind.single(
            "PATH", "the path of a file with a token of at least " + AdminToken.LEAST_BYTES + " bytes", text -> {
                Path file = Kinds.path(text);
                return new AdminToken(file, AdminToken.Role.ADMIN, token(file));
            });

    private static Secret token(Path file) throws BadValueException {
        Secret token = Kinds.secretIn(file);
        if (token.length() < AdminToken.LEAST_BYTES) {
            throw new BadValueException("the token has " + token.length() + " bytes and could be guessed; make one of "
                    + AdminToken.LEAST_BYTES + " or more with: openssl rand -hex 32");
        }
        return token;
    }

    private static List<Node> items(Node value) throws BadValueException {
        if (value instanceof Node.Many many) {
            return many.items();
        }
        throw new BadValueException("not a list");
    }

    private static <T> List<T> allOrNone(List<T> values, List<Fault> faults) throws BadValueException {
        if (!faults.isEmpty()) {
            throw new BadValueException(faults);
        }
        return List.copyOf(values);
    }

    /** Takes the fields of one item and notes everything that is wrong with them. */
    private static final class Reader {
        private final String at;
        private final boolean record;
        private final Map<String, Node> fields = new HashMap<>();
        private final List<Fault> faults;

        Reader(String at, Node item, List<String> known, List<Fault> faults) {
            this.at = at;
            this.faults = faults;
            this.record = item instanceof Node.Fields;
            if (item instanceof Node.Fields given) {
                for (Field field : given.fields()) {
                    if (known.contains(field.name())) {
                        fields.put(field.name(), field.value());
                    } else {
                        fault("there is no " + Shown.text(field.name()) + Nearest.hint(field.name(), known));
                    }
                }
            } else {
                fault("expected " + String.join(", ", known) + " with their values");
            }
        }

        boolean isRecord() {
            return record;
        }

        boolean has(String name) {
            return fields.containsKey(name);
        }

        void fault(String why) {
            faults.add(new Fault(at, null, why, ""));
        }

        <T> @Nullable T required(String name, Kind<T> kind) {
            if (record && !has(name)) {
                faults.add(new Fault(at + "." + name, null, "is missing", kind.expected()));
            }
            return optional(name, kind);
        }

        <T> @Nullable T optional(String name, Kind<T> kind) {
            Node value = fields.get(name);
            if (value == null) {
                return null;
            }
            try {
                return kind.parser().parse(Given.shaped(kind, value));
            } catch (BadValueException e) {
                String shown = name.equals("password") ? Shown.SECRET : Shown.text(Shown.yaml(value));
                for (Fault fault : e.faults()) {
                    faults.add(new Fault(at + "." + name + fault.at(), shown, fault.why(), kind.expected()));
                }
                return null;
            }
        }
    }
}
