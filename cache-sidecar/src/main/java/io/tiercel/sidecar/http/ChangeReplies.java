package io.tiercel.sidecar.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.tiercel.sidecar.control.FleetOutcome;
import io.tiercel.sidecar.control.Outcome;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is answered to changes of the configuration. Stateless. */
final class ChangeReplies {
    private ChangeReplies() {}

    static Response ofPod(Outcome outcome) {
        return Response.json(json(outcome, "pod")).header("ETag", etag(outcome.version()));
    }

    /** With 202 when not all pods have said that they have it. */
    static Response ofFleet(FleetOutcome done) {
        return ofFleet(done, Map.of());
    }

    /** @param more what else the reply has */
    static Response ofFleet(FleetOutcome done, Map<String, Object> more) {
        Outcome outcome = done.outcome();
        Map<String, Object> json = json(outcome, "fleet");
        json.putAll(more);
        if (!outcome.dryRun()) {
            json.put("pods", pods(done));
        }
        HttpResponseStatus status = done.pending().isEmpty() ? HttpResponseStatus.OK : HttpResponseStatus.ACCEPTED;
        return Response.json(status, json).header("ETag", etag(outcome.version()));
    }

    static Map<String, Object> pods(FleetOutcome done) {
        Map<String, Object> pods = new LinkedHashMap<>();
        pods.put("total", done.pods());
        pods.put("acked", done.pods() - done.pending().size());
        pods.put("pending", done.pending());
        return pods;
    }

    private static Map<String, Object> json(Outcome outcome, String scope) {
        Instant expiresAt = outcome.expiresAt();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", outcome.version());
        json.put("scope", scope);
        json.put("applied", outcome.applied());
        json.put("previous", outcome.previous());
        json.put("effective", outcome.effective());
        json.put("expires_at", expiresAt == null ? null : expiresAt.toString());
        if (outcome.dryRun()) {
            json.put("dry_run", true);
        }
        return json;
    }

    static String etag(long version) {
        return "\"" + version + "\"";
    }
}
