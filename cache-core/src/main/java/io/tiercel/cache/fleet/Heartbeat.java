package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.Script;
import io.tiercel.cache.tier.ScriptRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an instance tells Redis and is told by it, all at once: that it lives and how it is; who else does; which version
 * of the configuration there is; how much of each budget it may use.
 *
 * <p>A budget is handed out such that the shares that are in use never add up to more than there is. Each instance says
 * how much it holds, which is more than its new share as long as calls from before are under way, and takes more only as
 * far as the others have let go. The share of one that vanished without leaving is kept for a minute: it may live and not
 * have been heard. What an instance holds is never raised but by an answer, and it has one heartbeat under way at a time.
 */
final class Heartbeat {
    private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);
    private static final Duration LOST_SHARES_KEPT = Duration.ofMinutes(1);
    private static final Duration KEPT = Duration.ofHours(1);

    private static final Script SCRIPT = Script.of("""
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local pod, info, silence, lost, kept = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
            local leaving, least = ARGV[6] == '1', tonumber(ARGV[7])
            for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - silence)) do
              redis.call('ZREM', KEYS[1], gone)
              redis.call('HDEL', KEYS[2], gone)
            end
            if leaving then
              redis.call('ZREM', KEYS[1], pod)
              redis.call('HDEL', KEYS[2], pod)
            else
              redis.call('ZADD', KEYS[1], now, pod)
              redis.call('HSET', KEYS[2], pod, info)
            end
            local members = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
            local count = #members / 2
            local names = {}
            for i = 1, #members, 2 do names[#names + 1] = members[i] end
            table.sort(names)
            local rank = 0
            for i, name in ipairs(names) do if name == pod then rank = i - 1 end end
            local version = redis.call('HGET', KEYS[4], 'version')
            local answer = { tostring(now), version or '0', tostring(count) }
            for i = 1, #members, 2 do
              answer[#answer + 1] = members[i]
              answer[#answer + 1] = string.format('%.0f', members[i + 1])
              answer[#answer + 1] = redis.call('HGET', KEYS[2], members[i]) or ''
            end
            local held = {}
            local grants = redis.call('HGETALL', KEYS[3])
            for i = 1, #grants, 2 do
              local budget, who = string.match(grants[i], '^([^\\31]*)\\31(.*)$')
              local amount, at = string.match(grants[i + 1], '^(%d+):(%d+)$')
              if not amount or now - tonumber(at) > lost then
                redis.call('HDEL', KEYS[3], grants[i])
              elseif who ~= pod then
                held[budget] = (held[budget] or 0) + tonumber(amount)
              end
            end
            local over = math.max(count, least, 1)
            for i = 8, #ARGV, 3 do
              local budget, limit, mine = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
              local field = budget .. '\\31' .. pod
              if leaving then
                redis.call('HDEL', KEYS[3], field)
              else
                local turn = rank
                if limit < over then turn = (rank + math.floor(now / 10000)) % over end
                local target = math.floor(limit / over)
                if turn < limit % over then target = target + 1 end
                if mine < target then
                  mine = math.max(mine, math.min(target, limit - (held[budget] or 0)))
                end
                redis.call('HSET', KEYS[3], field, mine .. ':' .. now)
                answer[#answer + 1] = tostring(target)
                answer[#answer + 1] = tostring(mine)
              end
            end
            for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], kept) end
            return answer
            """);

    private final ScriptRunner scripts;
    private final FleetSettings settings;
    private final List<String> keys;

    Heartbeat(ScriptRunner scripts, FleetSettings settings) {
        this.scripts = scripts;
        this.settings = settings;
        this.keys =
                List.of(settings.key("members"), settings.key("facts"), settings.key("shares"), settings.key("config"));
    }

    /**
     * What is asked of a budget.
     *
     * @param limit what there is for all
     * @param held the most that this instance may be using
     */
    record Claim(int limit, int held) {}

    /**
     * What was granted of a budget.
     *
     * @param target what this instance shall come to use
     * @param granted what it may use now, or what it said it holds if that is more
     */
    record Grant(int target, int granted) {}

    /**
     * What Redis said.
     *
     * @param now by its clock
     * @param version of the configuration, 0 if there is none
     * @param members who lives
     * @param grants by the name of the budget
     */
    record Answer(Instant now, long version, List<Member> members, Map<String, Grant> grants) {}

    /** @param least by how many the budgets are to be divided at least */
    CompletableFuture<Answer> send(String info, boolean leaving, int least, Map<String, Claim> claims) {
        List<String> arguments = new ArrayList<>(List.of(
                settings.pod(),
                info,
                Long.toString(settings.silence().toMillis()),
                Long.toString(LOST_SHARES_KEPT.toMillis()),
                Long.toString(KEPT.toMillis()),
                leaving ? "1" : "0",
                Integer.toString(least)));
        List<String> budgets = List.copyOf(claims.keySet());
        for (String budget : budgets) {
            Claim claim = requireNonNull(claims.get(budget), budget);
            arguments.add(budget);
            arguments.add(Integer.toString(claim.limit()));
            arguments.add(Integer.toString(claim.held()));
        }
        return scripts.run(SCRIPT, keys, arguments).thenApply(answer -> read(answer, leaving ? List.of() : budgets));
    }

    private static Answer read(List<String> answer, List<String> budgets) {
        int count = Integer.parseInt(answer.get(2));
        List<Member> members = new ArrayList<>();
        int at = 3;
        for (int i = 0; i < count; i++, at += 3) {
            try {
                members.add(Member.decode(
                        answer.get(at), Instant.ofEpochMilli(Long.parseLong(answer.get(at + 1))), answer.get(at + 2)));
            } catch (IllegalArgumentException e) {
                // Of another version, or somebody's typing: it lives, so it counts.
                log.debug("the heartbeat of {} is not understood: {}", answer.get(at), e.getMessage());
                members.add(
                        new Member(answer.get(at), Member.State.READY, Instant.EPOCH, Instant.EPOCH, new HashMap<>()));
            }
        }
        members.sort(java.util.Comparator.comparing(Member::pod));
        Map<String, Grant> grants = new LinkedHashMap<>();
        for (String budget : budgets) {
            grants.put(budget, new Grant(Integer.parseInt(answer.get(at)), Integer.parseInt(answer.get(at + 1))));
            at += 2;
        }
        return new Answer(
                Instant.ofEpochMilli(Long.parseLong(answer.get(0))), Long.parseLong(answer.get(1)), members, grants);
    }
}
