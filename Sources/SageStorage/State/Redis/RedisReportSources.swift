/// The scripts about starts and reports.
enum RedisReportSources {
    /// Numbers of 64 bits are compared as text, and counted by the server.
    static let order = """
        local function less(a, b)
          local x, y = a:sub(1, 1) == '-', b:sub(1, 1) == '-'
          if x ~= y then return x end
          if x then a, b = b:sub(2), a:sub(2) end
          if #a ~= #b then return #a < #b end
          return a < b
        end
        """

    static let join = """
        local now, last, beginning = clock(), ARGV[1], ARGV[2]
        if less(last, '0') then last = '0' end
        local start = redis.call('HMGET', KEYS[1], 'epoch', 'until')
        if start[1] and tonumber(start[2]) > now and less(last, start[1]) then last = start[1] end
        local reports = redis.call('HGETALL', KEYS[2])
        for i = 1, #reports, 2 do
          if reports[i]:sub(1, #beginning) == beginning then
            local epoch = reports[i + 1]:match('^%S+ %S+ (%S+) ')
            if epoch and less(last, epoch) then last = epoch end
          end
        end
        redis.call('HSET', KEYS[1], 'epoch', last, 'until', text(now + ARGV[3]))
        if last ~= '9223372036854775807' then redis.call('HINCRBY', KEYS[1], 'epoch', 1) end
        keep(KEYS[1], tonumber(ARGV[3]))
        return redis.call('HGET', KEYS[1], 'epoch')
        """

    /// Forgets the reports that have expired; what comes from the future is from now.
    static let sweep = """
        local now, longest = clock(), 0
        local function sweep()
          local kept, all = {}, redis.call('HGETALL', KEYS[1])
          for i = 1, #all, 2 do
            local field, value = all[i], all[i + 1]
            local published, rest, duration = value:match('^(%S+) ((%S+) .*)$')
            published, duration = tonumber(published), tonumber(duration)
            if not published or not duration or (published <= now and published + duration <= now) then
              redis.call('HDEL', KEYS[1], field)
            else
              if published > now then
                published = now
                value = text(now) .. ' ' .. rest
                redis.call('HSET', KEYS[1], field, value)
              end
              longest = math.max(longest, published + duration - now)
              kept[#kept + 1] = field
              kept[#kept + 1] = value
            end
          end
          return kept
        end
        """

    static let publish = """
        sweep()
        local accepted = 0
        for i = 1, #ARGV - 1, 2 do
          local field, status = ARGV[i], ARGV[i + 1]
          local duration, epoch, sequence = status:match('^(%S+) (%S+) (%S+) ')
          local present = redis.call('HGET', KEYS[1], field)
          local isNew = true
          if present then
            local before, count = present:match('^%S+ %S+ (%S+) (%S+) ')
            isNew = less(before, epoch) or (before == epoch and less(count, sequence))
          end
          if isNew then
            redis.call('HSET', KEYS[1], field, text(now) .. ' ' .. status)
            longest = math.max(longest, tonumber(duration))
            accepted = accepted + 1
          end
        end
        keep(KEYS[1], longest)
        return accepted
        """

    static let view = """
        local reports, rounds = sweep(), {}
        local all = redis.call('HGETALL', KEYS[2])
        for i = 1, #all, 2 do
          local book = read(all[i + 1])
          local kept = untilWhen(book)
          if kept <= now then
            redis.call('HDEL', KEYS[2], all[i])
          else
            advance(book, now)
            rounds[#rounds + 1] = {
              all[i], kept, book.number, book.verdict, book.decided, book.successes, book.failures, #book.leases,
              book.refused, book.blocked, book.recovered
            }
          end
        end
        return { now, reports, rounds }
        """
}
