package io.tiercel.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Keeps the two views in step. */
class ViewsTest {
    private static final Set<String> BLOCKING_ONLY = Set.of(
            "builder",
            "name",
            "async",
            "policy",
            "stats",
            "coherence",
            "loaders",
            "fleet",
            "nodes",
            "hottestKeys",
            "warmUp",
            "addListener",
            "addTimings",
            "close");

    private static Set<String> signatures(Class<?> view) {
        return Arrays.stream(view.getDeclaredMethods())
                .filter(m -> !BLOCKING_ONLY.contains(m.getName()))
                .map(m -> m.getName() + Arrays.toString(m.getGenericParameterTypes()))
                .collect(Collectors.toSet());
    }

    @Test
    void whatever_may_wait_is_in_both_views_with_the_same_arguments() {
        assertThat(signatures(AsyncTieredCache.class)).isEqualTo(signatures(TieredCache.class));
    }

    @Test
    void everything_in_the_future_view_is_a_future() {
        assertThat(AsyncTieredCache.class.getDeclaredMethods())
                .extracting(Method::getReturnType)
                .allMatch(type -> type == CompletableFuture.class);
    }
}
