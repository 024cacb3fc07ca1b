package io.tiercel.sidecar.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;

/** Bytes that clients send, and bytes that they should not; one character a byte. */
final class Corpus {
    /** Whole requests, some of them several. */
    static final List<String> GOOD = List.of(
            "*1\r\n$4\r\nPING\r\n",
            "*2\r\n$3\r\nGET\r\n$3\r\nfoo\r\n",
            "*3\r\n$3\r\nSET\r\n$3\r\nfoo\r\n$5\r\na\r\nb\0\r\n",
            "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$0\r\n\r\n",
            "*2\r\n$3\r\nGET\r\n$4\r\n\377\376\r\n\r\n",
            "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$8\r\nLIB-NAME\r\n$7\r\nlettuce\r\n",
            "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n",
            "*0\r\n*-1\r\n*-7\r\n*1\r\n$4\r\nPING\r\n",
            "*2\r\n$4\r\nECHO\r\n$16\r\n*1\r\n$4\r\nPING\r\n__\r\n",
            "*2\r\n$4\r\nECHO\r\n$12\r\nabcdefghijkl\r\n",
            "PING\r\n",
            "PING\n",
            "\r\n\n  \r\nPING\r\n",
            "  ECHO\t  hello  \r\n",
            "ECHO \"a b\\x41\\n\\\"\" \r\n",
            "ECHO 'a \\'b\\' \\n'\r\n",
            "ECHO \"\"\r\n",
            "ECHO ab\"c d\"\r\n",
            "ECHO \"\\xzz\\q\"\r\n",
            "ECHO \377\r\n",
            "PING\r\n*1\r\n$4\r\nPING\r\nPING\r\n",
            "*10\r\n$6\r\nEXISTS\r\n" + "$1\r\nk\r\n".repeat(9));

    /** Each is refused by Redis 7 too, once it has the end of the line. */
    static final List<String> BAD = List.of(
            "*\r\n",
            "*a\r\n",
            "*1a\r\n",
            "*+1\r\n",
            "*01\r\n",
            "*-0\r\n",
            "* 1\r\n",
            "*1 \r\n",
            "*--1\r\n",
            "*2147483648\r\n",
            "*99999999999\r\n",
            "*99999999999999999999999\r\n",
            "*1\r\nPING\r\n",
            "*1\r\n*1\r\n$4\r\nPING\r\n",
            "*1\r\n:1\r\n",
            "*1\r\n+PING\r\n",
            "*1\r\n\r\n",
            "*1\r\n$\r\n",
            "*1\r\n$-1\r\n",
            "*1\r\n$x\r\n",
            "*1\r\n$+4\r\nPING\r\n",
            "*1\r\n$04\r\nPING\r\n",
            "*1\r\n$4 \r\nPING\r\n",
            "*1\r\n$99999999999999999999\r\n",
            "*1\r\n$1073741824\r\n",
            "*2\r\n$4\r\nPING\r\n$-1\r\n",
            "*1\r\n$4\r\nPING\r\n*x\r\n",
            "PING \"\r\n",
            "PING \"a\"b\r\n",
            "PING 'a\r\n",
            "PING 'a'b\r\n",
            "PING \"a\\\"\r\n",
            "PING\r\nPING \"\r\nPING\r\n");

    private Corpus() {}

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }
}
