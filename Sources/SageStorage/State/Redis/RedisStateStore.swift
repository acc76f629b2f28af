public import SageResilience

/// A ``StateStore`` on a Redis server, for instances on several hosts.
///
/// Every operation is one script that runs by its digest in one step at the time of the server's clock, so limits are
/// exact however many instances share them. Keys begin with a prefix in braces, by which several installations share a
/// server and all keys of one are on the same node of a cluster; each has a time to live. Names become parts of keys,
/// never of scripts.
///
/// What the server forgets, because it was restarted empty or removes keys before their time, begins anew: see
/// ``Redis/diagnose()`` for the settings. Thread-safe.
public final class RedisStateStore: StateStore {
    /// The client.
    public let redis: Redis
    private let keys: RedisStateKeys
    private let scripts: RedisStateScripts
    /// The clock of a test in place of the server's.
    private let clock: StoreClock?

    /// Creates a store; nothing is sent before the first operation.
    ///
    /// - Parameters:
    ///   - redis: The client.
    ///   - prefix: What all keys begin with, in braces; 1 to 200 bytes without braces and control characters. Defaults
    ///     to `sage`.
    /// - Throws: `ConfigurationError` for a prefix that is not allowed.
    public init(_ redis: Redis, prefix: String = "sage") throws(ConfigurationError) {
        self.redis = redis
        self.keys = try RedisStateKeys(prefix: prefix)
        self.scripts = .production
        self.clock = nil
    }

    /// Creates a store that takes its time from a test; only tests can name this.
    init(_ redis: Redis, prefix: String, clock: StoreClock) throws(ConfigurationError) {
        self.redis = redis
        self.keys = try RedisStateKeys(prefix: prefix)
        self.scripts = .timed
        self.clock = clock
    }

    /// The name that metrics, events and errors carry.
    public var name: String { redis.name }

    /// Asks whether the server answers.
    public func ping() async throws -> StoreInstant {
        var answer = RedisAnswer(try await run(scripts.time, [], [], isIdempotent: true), redis.errors)
        return StoreInstant(microseconds: try answer.integer())
    }

    /// Registers the start of an instance.
    public func join(_ instance: String, after epoch: Int64) async throws -> Int64 {
        try StateLimits.check("the instance's name", instance, store: name)
        // A second run returns a greater number, which does as well.
        let reply = try await run(
            scripts.join, [keys.start(of: instance), keys.reports],
            [.integer(epoch), .text(RedisStateKeys.beginning(of: instance)), .integer(Self.memory)], isIdempotent: true)
        var answer = RedisAnswer(reply, redis.errors)
        return try answer.integer()
    }

    /// Leaves reports for the other instances.
    @discardableResult
    public func publish(_ statuses: [BreakerStatus], by instance: String) async throws -> Int {
        try StateLimits.check(statuses, by: instance, store: name)
        var arguments: [RedisCommand.Argument] = []
        for status in statuses {
            arguments.append(.text(RedisStateKeys.beginning(of: instance) + status.breaker))
            arguments.append(.text(BreakerStatusText.encode(status)))
        }
        // A second run finds the same reports and ignores them.
        var answer = RedisAnswer(
            try await run(scripts.publish, [keys.reports], arguments, isIdempotent: true), redis.errors)
        return Int(try answer.integer())
    }

    /// What all instances have reported.
    public func view() async throws -> SharedView {
        let reply = try await run(scripts.view, [keys.reports, keys.probes], [], isIdempotent: true)
        var answer = RedisAnswer(reply, redis.errors)
        return try answer.view()
    }

    /// Asks for the right to send one probe.
    public func leaseProbe(of breaker: String, holder: String, terms: ProbeTerms) async throws -> ProbeAnswer {
        try StateLimits.check(breaker: breaker, holder: holder, terms: terms, store: name)
        let duration = terms.duration.wholeMicroseconds
        let reply = try await run(
            scripts.lease, [keys.probes],
            [
                .text(breaker), .text(holder), .integer(Int64(terms.limit)), .integer(Int64(terms.total)),
                .integer(duration),
            ])
        var answer = RedisAnswer(reply, redis.errors)
        let (kind, number) = (try answer.text(), try answer.integer())
        switch kind {
        case "leased":
            return .leased(
                ProbeLease(breaker: breaker, holder: holder, token: number, duration: .microseconds(duration)))
        case "blocked": return .blocked(retryAfter: .microseconds(number))
        default: return .exhausted(retryAfter: .microseconds(number))
        }
    }

    /// Gives a lease back with what the probe found.
    public func endProbe(_ lease: ProbeLease, _ result: ProbeResult, terms: ProbeTerms) async throws -> ProbeEnding {
        try StateLimits.check(breaker: lease.breaker, holder: lease.holder, terms: terms, store: name)
        try StateLimits.check(result, store: name)
        let (kind, pause): (RedisCommand.Argument, Duration) =
            switch result {
            case .succeeded: ("succeeded", .zero)
            case .failed(let pause): ("failed", pause)
            case .reopened(let pause): ("reopened", pause)
            case .unused: ("unused", .zero)
            }
        let reply = try await run(
            scripts.end, [keys.probes],
            [
                .text(lease.breaker), .text(lease.holder), .integer(lease.token), kind,
                .integer(pause.wholeMicroseconds), .integer(Int64(terms.total)),
                .integer(Int64(terms.successesToClose ?? 0)), .integer(Int64(terms.failureLimit)),
            ])
        var answer = RedisAnswer(reply, redis.errors)
        guard let verdict = try answer.verdict() else { return .fenced }
        return .counted(verdict)
    }

    /// Takes permits from several accounts at once.
    public func take(_ demands: [RateDemand]) async throws -> RateDecision {
        try StateLimits.check(demands, store: name)
        if let index = demands.firstIndex(where: { $0.permits > $0.rule.capacity }) { return .tooLarge(demand: index) }
        let arguments = demands.flatMap { RedisRateArguments.rule($0.rule) + [.integer(Int64($0.permits))] }
        let reply = try await run(scripts.take, demands.flatMap { keys.account($0.account) }, arguments)
        var answer = RedisAnswer(reply, redis.errors)
        let wait = try answer.integer()
        guard wait == 0 else { return .wait(.microseconds(wait), demand: Int(try answer.integer()) - 1) }
        let takenAt = StoreInstant(microseconds: try answer.integer())
        var remaining: [Int] = []
        for _ in demands { remaining.append(Int(try answer.integer())) }
        return .granted(RateGrant(takenAt: takenAt, remaining: remaining))
    }

    /// Corrects what was taken to what was used.
    public func settle(_ corrections: [RateCorrection], takenAt: StoreInstant) async throws {
        try StateLimits.check(corrections, store: name)
        guard !corrections.isEmpty else { return }
        let arguments = corrections.flatMap { correction in
            RedisRateArguments.rule(correction.rule) + RedisRateArguments.correction(correction)
        }
        _ = try await run(
            scripts.settle, corrections.flatMap { keys.account($0.account) },
            arguments + [.integer(takenAt.microseconds)])
    }

    private static let memory = StateLimits.longestTime.wholeMicroseconds

    private func run(
        _ script: RedisScript, _ keys: [String], _ arguments: [RedisCommand.Argument], isIdempotent: Bool = false
    ) async throws -> RedisValue {
        var arguments = arguments
        if let clock { arguments.append(.integer(clock.now.microseconds)) }
        return try await redis.run(script, keys: keys, arguments: arguments, isIdempotent: isIdempotent)
    }
}
