package io.tiercel.sidecar.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether settings that are right by themselves go together, and what works but may not be meant. */
final class Checks {
    private final Values values;
    private final List<String> problems;
    private final List<String> warnings;

    private Checks(Values values, List<String> problems, List<String> warnings) {
        this.values = values;
        this.problems = problems;
        this.warnings = warnings;
    }

    /** Leaves out of the values what a stronger one replaces. */
    static void run(Values values, long memory, List<String> problems, List<String> warnings) {
        Checks checks = new Checks(values, problems, warnings);
        checks.password();
        checks.tiers();
        checks.memory(memory);
        checks.ports();
        checks.limits();
        checks.scaling();
        checks.tls(Settings.TLS_CERT, Settings.TLS_KEY, Settings.TLS_CLIENT_CA);
        checks.tls(Settings.HTTP_TLS_CERT, Settings.HTTP_TLS_KEY, Settings.HTTP_TLS_CLIENT_CA);
        checks.openBind();
        checks.openAdminBind();
    }

    private void password() {
        if (values.isGiven(Settings.PASSWORD) && values.isGiven(Settings.PASSWORD_FILE)) {
            problems.add(values.inWords(Settings.PASSWORD) + " and " + values.inWords(Settings.PASSWORD_FILE)
                    + ": expected one of them");
        }
        boolean one = values.isGiven(Settings.PASSWORD) || values.isGiven(Settings.PASSWORD_FILE);
        if (one
                && values.listOf(Settings.USERS).stream()
                        .anyMatch(user -> user.name().equals("default"))) {
            problems.add(values.inWords(Settings.USERS)
                    + ": the user default has the password of password or password-file; expected only one of the two");
        }
        if (values.sourceOf(Settings.PASSWORD) == Source.FLAG) {
            warnings.add("password is a flag, which other users of this machine can see; use password-file or"
                    + " TIERCEL_PASSWORD");
        }
    }

    private void scaling() {
        Integer min = values.orNull(Settings.SCALING_MIN);
        Integer max = values.orNull(Settings.SCALING_MAX);
        if (min != null && max != null && min > max) {
            problems.add(values.inWords(Settings.SCALING_MIN) + " and " + values.inWords(Settings.SCALING_MAX)
                    + ": expected scaling-max not to be less");
        }
    }

    private void tiers() {
        if (Boolean.TRUE.equals(values.orNull(Settings.EMBEDDED))) {
            embedded(Settings.REDIS);
            embedded(Settings.MEMCACHED);
            return;
        }
        if (values.isGiven(Settings.REDIS)) {
            return;
        }
        warnings.add("no redis: serving from memory alone; values are lost when the process ends");
        if (values.isGiven(Settings.MEMCACHED)) {
            warnings.add(values.inWords(Settings.MEMCACHED) + " is not used: it needs redis");
            values.drop(Settings.MEMCACHED);
        }
    }

    /** Variables mean the servers that the embedded ones stand for, and are looked at by those who start them. */
    private void embedded(Setting<?> servers) {
        if (values.sourceOf(servers) == Source.ENVIRONMENT) {
            values.drop(servers);
        } else if (values.isGiven(servers)) {
            problems.add(values.inWords(Settings.EMBEDDED) + " and " + values.inWords(servers)
                    + ": expected one of them, as embedded starts its own servers");
        }
    }

    private void memory(long memory) {
        MemoryAmount amount = values.orNull(Settings.L1_BYTES);
        if (amount != null && amount.of(memory) > memory / 100 * MemoryAmount.MOST_PERCENT) {
            problems.add(values.inWords(Settings.L1_BYTES) + ": more than " + MemoryAmount.MOST_PERCENT + "% of the "
                    + (memory >> 20) + "m that the process may use; expected less, or more memory with -Xmx");
        }
    }

    private void ports() {
        differ(Settings.RESP_PORT, Settings.HTTP_PORT);
        differ(Settings.RESP_PORT, Settings.ADMIN_PORT);
        differ(Settings.HTTP_PORT, Settings.ADMIN_PORT);
    }

    private void differ(Setting<Integer> a, Setting<Integer> b) {
        Integer port = values.orNull(a);
        if (port != null && port != 0 && port.equals(values.orNull(b))) {
            problems.add(values.inWords(a) + " and " + values.inWords(b) + ": expected different ports");
        }
    }

    private void limits() {
        notAbove(Settings.MAX_VALUE_BYTES, Settings.MAX_REQUEST_BYTES);
        notAbove(Settings.MAX_REQUEST_BYTES, Settings.MAX_IN_FLIGHT_BYTES);
        notAbove(Settings.MAX_ARGUMENTS, Settings.MAX_WIDE_ARGUMENTS);
    }

    private <T extends Comparable<T>> void notAbove(Setting<T> part, Setting<T> whole) {
        T small = values.orNull(part);
        T large = values.orNull(whole);
        if (small != null && large != null && small.compareTo(large) > 0) {
            problems.add(values.inWords(part) + ": expected at most " + values.inWords(whole));
        }
    }

    private void tls(Setting<?> certificate, Setting<?> key, Setting<?> clientAuthorities) {
        needs(certificate, key);
        needs(key, certificate);
        if (!values.isGiven(key)) {
            needs(clientAuthorities, certificate);
        }
    }

    private void needs(Setting<?> one, Setting<?> other) {
        if (values.isGiven(one) && !values.isGiven(other)) {
            problems.add(values.inWords(one) + ": needs " + other.name() + ", which is not set");
        }
    }

    private void openBind() {
        boolean passwords = values.isGiven(Settings.PASSWORD)
                || values.isGiven(Settings.PASSWORD_FILE)
                || !values.listOf(Settings.USERS).isEmpty();
        open(
                Settings.BIND,
                passwords || values.isGiven(Settings.TLS_CLIENT_CA) || !values.areRight(Settings.USERS),
                "password-file, users or tls-client-ca");
        plain(Settings.BIND, passwords && !values.isGiven(Settings.TLS_CERT), "passwords", "tls-cert and tls-key");
    }

    private void openAdminBind() {
        boolean tokens = values.isGiven(Settings.ADMIN_TOKEN_FILE)
                || !values.listOf(Settings.ADMIN_TOKENS).isEmpty();
        open(
                Settings.ADMIN_BIND,
                tokens || values.isGiven(Settings.HTTP_TLS_CLIENT_CA) || !values.areRight(Settings.ADMIN_TOKENS),
                "admin-token-file, admin-tokens or http-tls-client-ca");
        plain(
                Settings.ADMIN_BIND,
                tokens && !values.isGiven(Settings.HTTP_TLS_CERT),
                "tokens",
                "http-tls-cert and http-tls-key");
    }

    private void open(Setting<String> bind, boolean guarded, String guards) {
        if (guarded || isLocal(values.orNull(bind))) {
            return;
        }
        if (Boolean.TRUE.equals(values.orNull(Settings.ALLOW_OPEN_BIND))) {
            warnings.add(values.inWords(bind) + " is open to the network without authentication");
        } else if (values.areRight(Settings.ALLOW_OPEN_BIND)) {
            problems.add(values.inWords(bind) + ": whoever reaches this address could do everything; set " + guards
                    + ", or allow-open-bind if the network lets in nobody else");
        }
    }

    private void plain(Setting<String> bind, boolean plain, String what, String remedy) {
        if (plain && !isLocal(values.orNull(bind))) {
            warnings.add(values.inWords(bind) + ": " + what + " travel unencrypted; set " + remedy);
        }
    }

    private static boolean isLocal(@Nullable String bind) {
        return bind == null || Kinds.isLoopback(bind);
    }
}
