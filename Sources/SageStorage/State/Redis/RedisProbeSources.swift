/// The scripts about probes: ``ProbeBook`` in Lua.
enum RedisProbeSources {
    /// A book: what is remembered about the probes of one breaker.
    ///
    /// Verdicts are 0 undecided, 1 recovered, 2 failed.
    static let book = """
        local function read(packed)
          local v = cmsgpack.unpack(packed)
          return {
            touched = v[1], token = v[2], number = v[3], verdict = v[4], decided = v[5], successes = v[6],
            failures = v[7], refused = v[8], blocked = v[9], used = v[10], leases = v[11],
            -- What an earlier version has written ends before it.
            recovered = v[12] or false
          }
        end
        local function load(key, breaker, now)
          local packed = redis.call('HGET', key, breaker)
          if packed then return read(packed) end
          return nil
        end
        local function untilWhen(b)
          local kept = b.touched + 3600000000
          if b.blocked then kept = math.max(kept, b.blocked) end
          for _, lease in ipairs(b.leases) do kept = math.max(kept, lease[3]) end
          return kept
        end
        local function save(key, breaker, b, now)
          redis.call('HSET', key, breaker, cmsgpack.pack({
            b.touched, b.token, b.number, b.verdict, b.decided, b.successes, b.failures, b.refused, b.blocked, b.used,
            b.leases, b.recovered
          }))
          local left = math.ceil(math.max(0, untilWhen(b) - now) / 1000) + 60000
          -- The key lasts as long as the book that lasts longest.
          if redis.call('PTTL', key) < left then redis.call('PEXPIRE', key, text(left)) end
        end
        -- Forgets leases that have run out; where the clock has gone back, time stands still.
        local function advance(b, now)
          local step = b.touched - now
          if step > 0 then
            b.touched = now
            b.used = b.used - step
            if b.decided then b.decided = b.decided - step end
            if b.recovered then b.recovered = b.recovered - step end
            if b.refused then b.refused = b.refused - step end
            if b.blocked then b.blocked = b.blocked - step end
            for _, lease in ipairs(b.leases) do lease[3] = lease[3] - step end
          end
          local out = {}
          for _, lease in ipairs(b.leases) do
            if lease[3] > now then out[#out + 1] = lease end
          end
          b.leases = out
        end
        """

    static let lease = """
        local key, breaker, holder = KEYS[1], ARGV[1], ARGV[2]
        local limit, total, duration = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
        local now = clock()
        local b = load(key, breaker) or {
          touched = now, token = 0, number = 0, verdict = 0, decided = false, successes = 0, failures = 0,
          refused = false, blocked = false, used = 0, leases = {}, recovered = false
        }
        advance(b, now)
        if b.blocked and now < b.blocked then
          save(key, breaker, b, now)
          return { 'blocked', b.blocked - now }
        end
        if b.number == 0 or b.verdict ~= 0 or (#b.leases == 0 and now - b.used >= duration) then
          b.number, b.verdict, b.decided, b.successes, b.failures = b.number + 1, 0, false, 0, 0
          b.refused, b.blocked = false, false
        end
        b.touched = now
        if #b.leases >= limit or #b.leases + b.successes + b.failures >= total then
          b.refused = now
          save(key, breaker, b, now)
          local next = nil
          for _, lease in ipairs(b.leases) do
            if not next or lease[3] < next then next = lease[3] end
          end
          return { 'exhausted', (next or now) - now }
        end
        b.token = math.max(b.token + 1, now)
        b.leases[#b.leases + 1] = { b.token, holder, now + duration, b.number }
        b.used = now
        save(key, breaker, b, now)
        return { 'leased', b.token }
        """

    static let end = """
        local key, breaker, holder, token, result = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
        local pause, total = tonumber(ARGV[5]), tonumber(ARGV[6])
        local needed, failureLimit = tonumber(ARGV[7]), tonumber(ARGV[8])
        local now = clock()
        local b = load(key, breaker)
        if not b then return -1 end
        advance(b, now)
        local found = nil
        for i, lease in ipairs(b.leases) do
          if text(lease[1]) == token and lease[2] == holder then found = i end
        end
        if not found then
          save(key, breaker, b, now)
          return -1
        end
        local round = table.remove(b.leases, found)[4]
        b.used, b.touched = now, now
        if b.verdict == 0 and round == b.number then
          if result == 'succeeded' then b.successes = b.successes + 1 end
          if result == 'failed' or result == 'reopened' then b.failures = b.failures + 1 end
          local isRecovered
          if needed > 0 then
            isRecovered = b.successes >= needed
          else
            isRecovered = b.failures + math.max(0, total - b.successes - b.failures) < failureLimit
          end
          if result == 'reopened' or (result == 'failed' and b.failures >= failureLimit) then
            b.verdict, b.decided, b.blocked = 2, now, now + pause
          elseif result ~= 'unused' and isRecovered then
            b.verdict, b.decided, b.recovered = 1, now, now
          end
        end
        save(key, breaker, b, now)
        return b.verdict
        """
}
