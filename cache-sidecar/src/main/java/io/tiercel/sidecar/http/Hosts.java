package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.MISDIRECTED_REQUEST;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names that a client may call this server by. A web page of somebody else's can have its own name resolve to this
 * machine, but the browser then still sends that name.
 */
final class Hosts {
    private static final Pattern HOST = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[^\\[\\]:/@\\s]+)(?::[0-9]{1,5})?");

    private final Set<String> names = new HashSet<>();
    private final boolean anyAddress;

    /**
     * Those names.
     *
     * @param allowed beside localhost and the address that the client has connected to
     * @param anyAddress whether an IP address, which cannot be made to mean another machine, is right whatever it is; a
     *     probe's Host header is the pod's address, and behind a published port that is not one of this machine's
     */
    Hosts(List<String> allowed, boolean anyAddress) {
        names.add("localhost");
        allowed.forEach(name -> names.add(bare(name.toLowerCase(Locale.ROOT))));
        this.anyAddress = anyAddress;
    }

    /** Refuses a request for somebody else. */
    void check(HttpRequest request, InetAddress local) throws ProblemException {
        String header = request.headers().get("Host");
        if (header == null) {
            if (request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
                // No browser speaks it, and probes of that age send none.
                return;
            }
            throw new ProblemException(BAD_REQUEST, "There must be a Host header.");
        }
        Matcher matcher = HOST.matcher(header);
        if (!matcher.matches()) {
            throw new ProblemException(BAD_REQUEST, "The Host header must be a host name or an IP address.");
        }
        String host = bare(matcher.group(1).toLowerCase(Locale.ROOT));
        byte @Nullable [] address = NetUtil.createByteArrayFromIpAddressString(host);
        boolean right = names.contains(host)
                || (address != null && (anyAddress || isLoopback(address) || isSame(address, local)));
        if (!right) {
            throw new ProblemException(
                    MISDIRECTED_REQUEST,
                    "The Host header must be localhost, this server's address, or a name that it was told to allow.");
        }
    }

    private static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static boolean isLoopback(byte[] address) {
        byte[] six = new byte[16];
        six[15] = 1;
        return Arrays.equals(address, new byte[] {127, 0, 0, 1}) || Arrays.equals(address, six);
    }

    private static boolean isSame(byte[] address, InetAddress local) {
        return Arrays.equals(address, local.getAddress());
    }
}
