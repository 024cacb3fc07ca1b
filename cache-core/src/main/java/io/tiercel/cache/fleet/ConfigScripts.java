package io.tiercel.cache.fleet;

import io.tiercel.cache.tier.Script;

/**
 * The scripts that change a fleet's document. The hash has {@code version}, and for each field {@code f:name} with
 * {@code until|since|value}. Each change notes what was set after it in a list, the latest first, and a line in a stream.
 */
final class ConfigScripts {
    private static final String COMMON = """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local function net(parts)
              for i, part in ipairs(parts) do parts[i] = #part .. ':' .. part end
              return table.concat(parts)
            end
            local function pairs_of(config)
              local all, found = redis.call('HGETALL', config), {}
              for i = 1, #all, 2 do
                if string.sub(all[i], 1, 2) == 'f:' then
                  found[#found + 1] = string.sub(all[i], 3)
                  found[#found + 1] = all[i + 1]
                end
              end
              return found
            end
            local function note(version, kind, pod, by, reason, changes)
              local entry = { tostring(now), kind, pod, by, reason, tostring(version) }
              for _, part in ipairs(pairs_of(KEYS[1])) do entry[#entry + 1] = part end
              redis.call('LPUSH', KEYS[2], net(entry))
              redis.call('LTRIM', KEYS[2], 0, 99)
              redis.call('XADD', KEYS[3], 'MAXLEN', '~', '1000', '*', 'version', version, 'kind', kind, 'pod', pod,
                'by', by, 'reason', reason, 'changes', changes)
            end
            local function answer(status)
              local all = { status, redis.call('HGET', KEYS[1], 'version') or '0', tostring(now) }
              for _, part in ipairs(pairs_of(KEYS[1])) do all[#all + 1] = part end
              return all
            end
            """;

    static final Script READ = Script.of(COMMON + "return answer('ok')");

    static final Script PATCH = Script.of(COMMON + """
            local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
            if ARGV[1] ~= '' and tonumber(ARGV[1]) ~= version then return answer('conflict') end
            local life, pod, by, reason, sets = tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
            local until_ = life == 0 and 0 or now + life
            local changes = {}
            for i = 7, 6 + 2 * sets, 2 do
              local before = redis.call('HGET', KEYS[1], 'f:' .. ARGV[i])
              local ends, value = string.match(before or '', '^(%d+)|%d+|(.*)$')
              if value ~= ARGV[i + 1] or tonumber(ends) ~= until_ then
                redis.call('HSET', KEYS[1], 'f:' .. ARGV[i], string.format('%.0f|%.0f|%s', until_, now, ARGV[i + 1]))
                changes[#changes + 1] = ARGV[i] .. '=' .. ARGV[i + 1]
              end
            end
            for i = 7 + 2 * sets, #ARGV do
              if redis.call('HDEL', KEYS[1], 'f:' .. ARGV[i]) == 1 then changes[#changes + 1] = ARGV[i] .. ' removed' end
            end
            if #changes == 0 then return answer('same') end
            redis.call('HSET', KEYS[1], 'version', version + 1)
            note(version + 1, 'set', pod, by, reason, table.concat(changes, ', '))
            return answer('ok')
            """);

    /** Takes out what has expired. */
    static final Script EXPIRE = Script.of(COMMON + """
            local gone = {}
            local fields = pairs_of(KEYS[1])
            for i = 1, #fields, 2 do
              local ends = tonumber(string.match(fields[i + 1], '^(%d+)|') or '0')
              if ends ~= 0 and ends <= now then
                redis.call('HDEL', KEYS[1], 'f:' .. fields[i])
                gone[#gone + 1] = fields[i] .. ' expired'
              end
            end
            if #gone == 0 then return answer('same') end
            local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
            note(version, 'expired', ARGV[1], '', '', table.concat(gone, ', '))
            return answer('ok')
            """);

    /** Puts back what a Redis that lost its memory has forgotten. */
    static final Script RESTORE = Script.of(COMMON + """
            if redis.call('EXISTS', KEYS[1]) == 1 then return answer('same') end
            for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], 'f:' .. ARGV[i], ARGV[i + 1]) end
            redis.call('HSET', KEYS[1], 'version', tonumber(ARGV[2]) + 1)
            note(tonumber(ARGV[2]) + 1, 'restored', ARGV[1], '', '', '')
            return answer('ok')
            """);

    static final Script HISTORY = Script.of("return redis.call('LRANGE', KEYS[1], 0, ARGV[1])");

    private ConfigScripts() {}
}
