package io.tiercel.sidecar.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds what somebody who mistyped a name may have meant. */
final class Nearest {
    private Nearest() {}

    /** "; did you mean x?", or nothing if no name is near. */
    static String hint(String name, Collection<String> known) {
        String nearest = of(name, known);
        return nearest == null ? "" : "; did you mean " + nearest + "?";
    }

    /**
     * The name with the fewest letters to change, or null if those would be more than a quarter. Names are in small letters
     * with dashes; the mistyped one may have capitals and underscores.
     */
    static @Nullable String of(String mistyped, Collection<String> known) {
        String name = mistyped.toLowerCase(Locale.ROOT).replace('_', '-');
        String nearest = null;
        int least = Math.max(1, name.length() / 4) + 1;
        // Nobody mistypes at such a length, and the table below would grow with its square.
        if (name.length() > 64) {
            return null;
        }
        for (String candidate : known) {
            int distance = distance(name, candidate);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    /** Of Damerau and Levenshtein, without moves of moved letters. */
    private static int distance(String a, String b) {
        int[][] of = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    of[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                of[i][j] = Math.min(Math.min(of[i - 1][j], of[i][j - 1]) + 1, of[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    of[i][j] = Math.min(of[i][j], of[i - 2][j - 2] + 1);
                }
            }
        }
        return of[a.length()][b.length()];
    }
}
