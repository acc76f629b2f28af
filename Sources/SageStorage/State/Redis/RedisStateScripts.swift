/// The scripts of the state store.
///
/// Lua's numbers are doubles: every number in them is whole and below 2^53, and is turned into text by `text`, because
/// Lua's own conversion keeps 14 digits.
struct RedisStateScripts: Sendable {
    let time: RedisScript
    let join: RedisScript
    let publish: RedisScript
    let view: RedisScript
    let lease: RedisScript
    let end: RedisScript
    let take: RedisScript
    let settle: RedisScript

    /// At the time of the server.
    static let production = RedisStateScripts(clock: RedisStateSources.serverClock)
    /// At the time that the last argument says; only a store that tests alone can make uses these.
    static let timed = RedisStateScripts(clock: RedisStateSources.testClock)

    private init(clock: String) {
        func script(_ name: String, _ parts: String...) -> RedisScript {
            RedisScript(name, source: ([clock, RedisStateSources.common] + parts).joined(separator: "\n"))
        }
        time = script("time", "return clock()")
        join = script("join", RedisReportSources.order, RedisReportSources.join)
        publish = script(
            "publish", RedisReportSources.order, RedisReportSources.sweep, RedisReportSources.publish)
        view = script("view", RedisReportSources.sweep, RedisProbeSources.book, RedisReportSources.view)
        lease = script("lease", RedisProbeSources.book, RedisProbeSources.lease)
        end = script("end", RedisProbeSources.book, RedisProbeSources.end)
        take = script(
            "take", "local now = clock()", RedisRateSources.accounts, RedisRateSources.kinds, RedisRateSources.take)
        settle = script(
            "settle", "local now = clock()", RedisRateSources.accounts, RedisRateSources.kinds, RedisRateSources.settle)
    }
}

/// What all scripts begin with.
enum RedisStateSources {
    static let serverClock = """
        local function clock()
          local t = redis.call('TIME')
          return t[1] * 1000000 + t[2]
        end
        """

    static let testClock = """
        local function clock() return tonumber(ARGV[#ARGV]) end
        """

    static let common = """
        local function text(number) return string.format('%.0f', number) end
        -- Keys outlive what they say by a minute, so that a clock that is corrected a little loses nothing.
        local function keep(key, microseconds)
          redis.call('PEXPIRE', key, text(math.max(0, math.ceil(microseconds / 1000)) + 60000))
        end
        """
}
