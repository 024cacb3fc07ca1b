package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressesTest {

    @Test
    void a_comma_list_and_a_uri_mean_the_same() {
        assertThat(Addresses.parse("a:1, b:2"))
                .isEqualTo(Addresses.parse("redis://a:1,b:2/"))
                .isEqualTo(new Addresses(List.of(new Address("a", 1), new Address("b", 2)), null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret", "p@ss:w/rd", "a b+c%", "ünï"})
    void a_password_survives_the_way_through_the_uri(String password) {
        Addresses addresses = new Addresses(List.of(Address.loopback(7001)), password);

        assertThat(Addresses.parse(addresses.uri())).isEqualTo(addresses);
    }

    @Test
    void a_password_is_not_printed() {
        Addresses addresses = new Addresses(List.of(Address.loopback(7001)), "secret");

        assertThat(addresses).hasToString("127.0.0.1:7001");
        assertThat(RedisOptions.of(3, 0).withPassword("secret").toString()).doesNotContain("secret");
    }

    @Test
    void an_ipv6_address_keeps_its_brackets() {
        assertThat(Addresses.parse("[::1]:6379")).hasToString("[::1]:6379");
        assertThatIllegalArgumentException().isThrownBy(() -> Addresses.parse("::1:6379"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host", "host:", "host:x", ":1", "host:0", "host:65536", "a:1,,b:2", "rediss://a:1"})
    void what_is_no_address_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Addresses.parse(text));
    }

    @Test
    void a_user_name_is_refused_without_repeating_the_password() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Addresses.parse("redis://me:secret@a:1"))
                .withMessageNotContaining("secret");
    }
}
