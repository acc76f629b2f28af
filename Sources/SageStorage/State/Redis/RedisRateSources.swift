/// The scripts about permits: ``RateAccount`` in Lua.
enum RedisRateSources {
    /// An account: a hash, and for a log the list of its moments.
    ///
    /// Its times are the server's plus an offset that grows by as much as the server's clock goes back, so that they
    /// never do. `x`, `y` and `z` are a bucket's time of the debt, the debt in nanoseconds and when it was last full; a
    /// counter's start, previous and present count; and the sum of a log's permits, whose moments are fields.
    static let accounts = """
        local function open(index, width)
          local at = (index - 1) * width
          local a = {
            key = KEYS[2 * index - 1], list = KEYS[2 * index], kind = ARGV[at + 1], capacity = tonumber(ARGV[at + 2]),
            period = tonumber(ARGV[at + 3]), cost = tonumber(ARGV[at + 4]), full = tonumber(ARGV[at + 5])
          }
          local v = redis.call('HMGET', a.key, 'k', 'o', 't', 'x', 'y', 'z')
          a.offset = tonumber(v[2] or 0)
          a.touched = tonumber(v[3] or now)
          a.now = now + a.offset
          if v[3] and a.now < a.touched then
            a.offset = a.offset + a.touched - a.now
            a.now = a.touched
            a.back = true
          end
          a.x, a.y, a.z = tonumber(v[4] or 0), tonumber(v[5] or 0), tonumber(v[6] or 0)
          if v[1] ~= a.kind then
            a.stale = v[1] and true
            a.x, a.y, a.z = 0, 0, 0
            if a.kind ~= 'log' then a.x = a.now end
            if a.kind == 'bucket' then a.z = a.now end
          end
          return a
        end
        -- Removes what an account of another kind has left.
        local function clear(a)
          if a.stale then
            redis.call('DEL', a.key, a.list)
            a.stale = nil
          end
        end
        local function close(a, left)
          clear(a)
          redis.call('HSET', a.key, 'k', a.kind, 'o', text(a.offset), 't', text(a.touched), 'x', text(a.x),
            'y', text(a.y), 'z', text(a.z))
          keep(a.key, left)
          if a.kind == 'log' then keep(a.list, left) end
        end
        -- floor(a * b / c) and the remainder, exact for a < 2^40, b and c < 2^42.
        local function share(a, b, c)
          local quotient, rest, unit = 0, 0, 1073741824
          for _ = 1, 4 do
            local digit = math.floor(a / unit) % 1024
            local value = rest * 1024 + digit * b
            rest = math.fmod(value, c)
            quotient = quotient * 1024 + (value - rest) / c
            unit = unit / 1024
          end
          return quotient, rest
        end
        """

    /// For each kind: how many permits are free, how long until so many are, taking, giving back, taking beyond, and
    /// how long the account has to be kept.
    static let kinds = """
        local log, counter, bucket = {}, {}, {}
        -- Visits the moments from an index on; the body returns false to stop.
        local function visit(a, from, body)
          if a.stale then return end
          -- Mostly the first moment says enough.
          local width = 2
          while true do
            width = math.min(256, width * 4)
            local moments = redis.call('LRANGE', a.list, from, from + width - 1)
            if #moments == 0 then return end
            local counts = redis.call('HMGET', a.key, unpack(moments))
            for i = 1, #moments do
              if not body(tonumber(moments[i]), tonumber(counts[i] or 0), moments[i]) then return end
            end
            from = from + #moments
          end
        end
        -- How many moments have left the window, and how many permits with them.
        local function departed(a)
          if not a.moments then
            a.moments, a.gone = 0, 0
            visit(a, 0, function(moment, count)
              if moment + a.period > a.now then return false end
              a.moments, a.gone = a.moments + 1, a.gone + count
              return true
            end)
          end
          return a.moments, a.gone
        end
        function log.balance(a)
          local _, permits = departed(a)
          return a.capacity - (a.x - permits)
        end
        function log.wait(a, permits)
          if permits <= a.capacity - a.x then return 0 end
          local moments, gone = departed(a)
          local missing, ready = permits - (a.capacity - (a.x - gone)), a.now
          if missing <= 0 then return 0 end
          visit(a, moments, function(moment, count)
            missing, ready = missing - count, moment + a.period
            return missing > 0
          end)
          return ready - a.now
        end
        local function forget(a)
          clear(a)
          if a.moments == 0 then return end
          local names = {}
          visit(a, 0, function(moment, count, name)
            if moment + a.period > a.now then return false end
            a.x = a.x - count
            names[#names + 1] = name
            return true
          end)
          a.moments, a.gone = 0, 0
          if #names == 0 then return end
          redis.call('LTRIM', a.list, #names, -1)
          for i = 1, #names, 1000 do redis.call('HDEL', a.key, unpack(names, i, math.min(i + 999, #names))) end
        end
        local function append(a, permits)
          local name = text(a.now)
          if redis.call('LINDEX', a.list, -1) ~= name then redis.call('RPUSH', a.list, name) end
          redis.call('HINCRBY', a.key, name, text(permits))
          a.x = a.x + permits
        end
        function log.take(a, permits)
          forget(a)
          append(a, permits)
        end
        function log.refund(a, permits, _, moment)
          clear(a)
          local name = text(moment)
          local count = tonumber(redis.call('HGET', a.key, name) or 0)
          if permits >= count then
            redis.call('HDEL', a.key, name)
          else
            redis.call('HINCRBY', a.key, name, text(-permits))
          end
          a.x = a.x - math.min(permits, count)
        end
        function log.debit(a, permits)
          forget(a)
          local room = 2 * a.capacity - a.x
          if room > 0 then append(a, math.min(permits, room)) end
        end
        function log.left(a) return a.period end

        local function roll(a)
          local elapsed = a.now - a.x
          if elapsed >= a.period then
            if a.z > 0 and elapsed - a.period < a.period then
              a.x, a.y, a.z = a.x + a.period, a.z, 0
            else
              a.x, a.y, a.z = a.now, 0, 0
            end
          elseif a.y == 0 and a.z == 0 then
            a.x = a.now
          end
        end
        -- How long into a period the previous one's count weighs no more than the room.
        local function fading(a, count, room)
          if count <= room then return 0 end
          return a.period - (share(room, a.period, count))
        end
        function counter.balance(a)
          local x, y, z = a.x, a.y, a.z
          roll(a)
          local whole, rest = share(a.y, a.period - (a.now - a.x), a.period)
          if rest > 0 then whole = whole + 1 end
          local free = math.max(-a.capacity, a.capacity - a.z - whole)
          a.x, a.y, a.z = x, y, z
          return free
        end
        function counter.wait(a, permits)
          local x, y, z = a.x, a.y, a.z
          roll(a)
          local room, ready = a.capacity - permits, nil
          if a.z <= room then
            ready = a.x + fading(a, a.y, room - a.z)
          else
            ready = a.x + a.period + fading(a, a.z, room)
          end
          a.x, a.y, a.z = x, y, z
          return math.max(0, ready - a.now)
        end
        function counter.take(a, permits)
          roll(a)
          a.z = a.z + permits
        end
        function counter.refund(a, permits, _, moment)
          roll(a)
          if moment >= a.x then
            a.z = math.max(0, a.z - permits)
          elseif a.x - moment <= a.period then
            a.y = math.max(0, a.y - permits)
          end
        end
        function counter.debit(a, permits)
          local room = counter.balance(a) + a.capacity
          roll(a)
          a.z = a.z + math.min(permits, math.max(0, room))
        end
        function counter.left(a) return a.x + 2 * a.period - a.now end

        local function debt(a)
          local elapsed = a.now - a.x
          -- Beyond this even the deepest debt is gone.
          if elapsed >= 8000000000000 then return 0 end
          return math.max(0, a.y - elapsed * 1000)
        end
        local function refill(a)
          a.y = debt(a)
          a.x = a.now
        end
        function bucket.balance(a)
          local free = a.full - debt(a)
          local rest = math.fmod(free, a.cost)
          local whole = (free - rest) / a.cost
          if rest < 0 then whole = whole - 1 end
          return whole
        end
        function bucket.wait(a, permits)
          local missing = debt(a) + a.cost * permits - a.full
          if missing <= 0 then return 0 end
          local rest = math.fmod(missing, 1000)
          if rest > 0 then missing = missing - rest + 1000 end
          return missing / 1000
        end
        function bucket.take(a, permits)
          refill(a)
          if a.y == 0 then a.z = a.now end
          a.y = a.y + a.cost * permits
        end
        function bucket.refund(a, _, nanoseconds, moment)
          refill(a)
          if a.z <= moment then a.y = math.max(0, a.y - nanoseconds) end
        end
        function bucket.debit(a, _, nanoseconds)
          refill(a)
          if a.y == 0 then a.z = a.now end
          a.y = math.max(a.y, math.min(2 * a.full, a.y + nanoseconds))
        end
        function bucket.left(a) return a.y / 1000 - (a.now - a.x) end

        local kinds = { log = log, counter = counter, bucket = bucket }
        """

    /// All permits or none.
    static let take = """
        local opened, wait, longest = {}, 0, 0
        for i = 1, #KEYS / 2 do
          local a = open(i, 6)
          a.permits = tonumber(ARGV[6 * i])
          if a.back then close(a, kinds[a.kind].left(a)) end
          if a.permits > 0 then
            local own = kinds[a.kind].wait(a, a.permits)
            if own > wait then wait, longest = own, i end
          end
          opened[i] = a
        end
        if wait > 0 then return { wait, longest } end
        local answer = { 0, now }
        for i, a in ipairs(opened) do
          local kind = kinds[a.kind]
          if a.permits > 0 then
            kind.take(a, a.permits)
            a.touched = a.now
            close(a, kind.left(a))
          end
          answer[i + 2] = kind.balance(a)
        end
        return answer
        """

    static let settle = """
        local taken = tonumber(ARGV[9 * #KEYS / 2 + 1])
        for i = 1, #KEYS / 2 do
          local a = open(i, 9)
          local kind, at = kinds[a.kind], 9 * (i - 1)
          local refund, debit = tonumber(ARGV[at + 6]), tonumber(ARGV[at + 7])
          if refund > 0 then kind.refund(a, refund, tonumber(ARGV[at + 8]), taken + a.offset) end
          if debit > 0 then kind.debit(a, debit, tonumber(ARGV[at + 9])) end
          if refund > 0 or debit > 0 then a.touched = a.now end
          close(a, kind.left(a))
        end
        return 0
        """
}
