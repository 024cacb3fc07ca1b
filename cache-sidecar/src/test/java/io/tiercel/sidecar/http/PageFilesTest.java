package io.tiercel.sidecar.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page's files have to keep to under the content security policy {@code default-src 'self'}. */
class PageFilesTest {
    private static final String PAGE = "/io/tiercel/sidecar/http/page/";
    private static final Pattern ADDRESS = Pattern.compile("(?:src|href)=\"([^\"]*)\"");

    @Test
    void theServerHasOnePlaceForItsNumbersAndThatIsInMain() throws IOException {
        String html = read(PAGE + "index.html");

        assertThat(html.split(Pattern.quote("<!--SERVER-RENDERED-->"), -1)).hasSize(2);
        assertThat(html.indexOf("<!--SERVER-RENDERED-->")).isBetween(html.indexOf("<main>"), html.indexOf("</main>"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"index.html", "report.html"})
    void nothingIsInlineAndNothingComesFromElsewhere(String page) throws IOException {
        String html = read(PAGE + page);

        assertThat(html).doesNotContainPattern("<style|\\sstyle=|\\son[a-z]+=|<script(?![^>]*\\ssrc=)");
        Matcher addresses = ADDRESS.matcher(html);
        assertThat(addresses.results().map(found -> found.group(1)).toList())
                .hasSizeGreaterThan(3)
                .allSatisfy(address -> assertThat(address).startsWith("/").doesNotStartWith("//"));
    }

    @Test
    void textNeverBecomesMarkup() throws IOException {
        assertThat(read(PAGE + "page.js"))
                .doesNotContainPattern(
                        "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\b|new Function|parseFromString");
    }

    @Test
    void theExampleOfTheNumbersHasAllSections() throws IOException {
        assertThat(read(PAGE + "fragment-example.html"))
                .contains(
                        "<section id=\"overview\"",
                        "<section id=\"tiers\"",
                        "<section id=\"fleet\"",
                        "<section id=\"load\"",
                        "<section id=\"warm-up\"",
                        "<section id=\"events\"",
                        "<section id=\"config\"",
                        "<section id=\"hot-keys\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"uPlot.iife.min.js", "uPlot.min.css"})
    void theGraphLibraryIsOnTheClassPath(String file) throws IOException {
        Properties made = new Properties();
        try (InputStream in = stream("/META-INF/maven/org.webjars.npm/uplot/pom.properties")) {
            made.load(in);
        }

        assertThat(read("/META-INF/resources/webjars/uplot/" + made.getProperty("version") + "/dist/" + file))
                .contains("uplot");
    }

    private static String read(String name) throws IOException {
        try (InputStream in = stream(name)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    private static InputStream stream(String name) {
        return requireNonNull(PageFilesTest.class.getResourceAsStream(name), name);
    }
}
