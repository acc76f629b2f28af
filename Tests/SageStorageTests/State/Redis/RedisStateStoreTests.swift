import SageResilience
import SageStorage
import Synchronization
import Testing

/// What several clients together get from one server, at the server's own time.
@Suite(.enabled(if: RedisEnvironment.isThere), .timeLimit(.minutes(3)))
struct RedisStateStoreTests {
    private let prefix = RedisEnvironment.prefix()

    /// Three clients, as of three processes.
    private func withStores(_ body: ([RedisStateStore]) async throws -> Void) async throws {
        let clients = try (0..<3).map { _ in try RedisEnvironment.client(connections: 3) }
        try await body(try clients.map { try RedisStateStore($0, prefix: prefix) })
        try await RedisEnvironment.remove("{\(prefix)}", clients[0])
        for client in clients { await client.close() }
    }

    @Test(arguments: [
        (RateRule.slidingWindow(limit: 40, per: .milliseconds(150)), 40),
        (.slidingWindow(limit: 1_000, per: .milliseconds(300)), 1_000),
    ])
    func tasksOfSeveralClientsNeverGetMoreThanTheLimitInAnyWindow(_ rule: RateRule, _ limit: Int) async throws {
        try await withStores { stores in
            let permits = limit / 40
            let grants = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for index in 0..<8 {
                    group.addTask {
                        var mine: [Int64] = []
                        for _ in 0..<120 {
                            let decision = try await stores[index % 3].take([
                                RateDemand("account", rule, permits: permits)
                            ])
                            if case .granted(let grant) = decision { mine.append(grant.takenAt.microseconds) }
                        }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }.sorted()
            #expect(grants.count >= 40)
            for (index, start) in grants.enumerated() {
                let inWindow = grants[index...].prefix { $0 < start + rule.period }.count
                #expect(inWindow * permits <= limit)
            }
        }
    }

    @Test func aBucketGivesNoMoreThanItsCapacityAndWhatComesBack() async throws {
        let rule = RateRule.tokenBucket(capacity: 50, refillInterval: .milliseconds(10))
        try await withStores { stores in
            let before = try await stores[0].ping()
            let granted = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        var count = 0
                        for _ in 0..<100 {
                            if case .granted = try await stores[index % 3].take([RateDemand("account", rule)]) {
                                count += 1
                            }
                        }
                        return count
                    }
                }
                return try await group.reduce(0, +)
            }
            let elapsed = try await stores[0].ping().duration(since: before)
            #expect(granted >= 50)
            #expect(granted <= 50 + Int(elapsed / .milliseconds(10)))
        }
    }

    @Test func severalRulesAreTakenTogetherOrNotAtAll() async throws {
        let (requests, tokens) = (
            RateRule.slidingWindow(limit: 5, per: .seconds(3_600)),
            RateRule.tokenBucket(capacity: 1_000, refillInterval: .seconds(60))
        )
        try await withStores { stores in
            let granted = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        let decision = try await stores[index % 3].take([
                            RateDemand("requests", requests), RateDemand("tokens", tokens, permits: 300),
                        ])
                        if case .granted = decision { return 1 }
                        return 0
                    }
                }
                return try await group.reduce(0, +)
            }
            // The tokens end first: what was refused has used no request either.
            #expect(granted == 3)
            guard
                case .granted(let rest) = try await stores[0].take([
                    RateDemand("requests", requests, permits: 0), RateDemand("tokens", tokens, permits: 0),
                ])
            else {
                Issue.record("asking for nothing was refused")
                return
            }
            #expect(rest.remaining == [2, 100])
        }
    }

    @Test func leasesNeverExceedTheirLimitAndTokensIncrease() async throws {
        let terms = ProbeTerms(
            limit: 3, total: 1_000, successesToClose: 1_000, failureLimit: 1_000, duration: .seconds(600))
        try await withStores { stores in
            let book = LeaseBook()
            try await withThrowingTaskGroup { group in
                for index in 0..<8 {
                    group.addTask {
                        for _ in 0..<30 {
                            let store = stores[index % 3]
                            let answer = try await store.leaseProbe(of: "breaker", holder: "\(index)", terms: terms)
                            guard case .leased(let lease) = answer else { continue }
                            book.begin(lease.token)
                            _ = try await store.ping()
                            // Counted as given back before the server knows, so that the count is never too high.
                            book.end()
                            let first = try await store.endProbe(lease, .unused, terms: terms)
                            let second = try await store.endProbe(lease, .unused, terms: terms)
                            #expect((first, second) == (.counted(.undecided), .fenced))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let (most, tokens) = book.result
            #expect((2...3).contains(most))
            #expect(Set(tokens).count == tokens.count)
            // What is asked for one after the other increases strictly, whoever asks.
            var last = tokens.max() ?? 0
            for index in 0..<9 {
                let store = stores[index % 3]
                guard case .leased(let lease) = try await store.leaseProbe(of: "breaker", holder: "x", terms: terms)
                else {
                    Issue.record("refused")
                    return
                }
                #expect(lease.token > last)
                last = lease.token
                _ = try await store.endProbe(lease, .unused, terms: terms)
            }
        }
    }

    @Test func allLeasesAreOutAtOnceAndNoMore() async throws {
        let terms = ProbeTerms(limit: 4, total: 8, successesToClose: 4, failureLimit: 1, duration: .seconds(600))
        try await withStores { stores in
            let leases = try await withThrowingTaskGroup(of: ProbeLease?.self) { group in
                for index in 0..<24 {
                    group.addTask {
                        let answer = try await stores[index % 3].leaseProbe(of: "b", holder: "\(index)", terms: terms)
                        if case .leased(let lease) = answer { return lease }
                        return nil
                    }
                }
                return try await group.reduce(into: []) { all, lease in if let lease { all.append(lease) } }
            }
            #expect(leases.count == 4)
        }
    }

    @Test func everyKeyHasATimeToLiveAndTheTagOfItsInstallation() async throws {
        let redis = try RedisEnvironment.client()
        let store = try RedisStateStore(redis, prefix: prefix)
        _ = try await store.join("instance")
        let status = BreakerStatus(breaker: "b", epoch: 1, sequence: 1, state: .open)
        try await store.publish([status], by: "instance")
        let terms = ProbeTerms(limit: 1, total: 1, successesToClose: 1, failureLimit: 1, duration: .seconds(1))
        _ = try await store.leaseProbe(of: "b", holder: "instance", terms: terms)
        _ = try await store.take([
            RateDemand("log", .slidingWindow(limit: 3, per: .seconds(1))),
            RateDemand("counter", .slidingWindow(limit: 3_000, per: .seconds(1))),
            RateDemand("bucket", .tokenBucket(capacity: 3, refillInterval: .seconds(1))),
        ])
        let keys = try await redis.send(["KEYS", .text("*\(prefix)*")]).array ?? []
        #expect(keys.count == 7)
        for key in keys {
            #expect(key.text?.hasPrefix("{\(prefix)}:") == true)
            #expect(try await redis.send(["PTTL", .bytes(key.bytes ?? [])]).integer ?? 0 > 0)
        }
        try await RedisEnvironment.remove("{\(prefix)}", redis)
        await redis.close()
    }

    @Test(arguments: ["", "a b", "a{b", "a}b", "a\nb", String(repeating: "x", count: 201)])
    func aPrefixThatWouldBreakKeysIsRefused(_ prefix: String) throws {
        let redis = try RedisEnvironment.client()
        #expect(throws: ConfigurationError.self) { try RedisStateStore(redis, prefix: prefix) }
    }

    @Test func whatAnotherProgramHasWrittenThereIsAnErrorAndNotACrash() async throws {
        let redis = try RedisEnvironment.client()
        let store = try RedisStateStore(redis, prefix: prefix)
        try await redis.send(["SET", .text("{\(prefix)}:rate:a"), "x", "PX", 60_000])
        try await redis.send(["HSET", .text("{\(prefix)}:reports"), "x", "y"])
        try await redis.send(["HSET", .text("{\(prefix)}:probes"), "b", "\u{1}"])
        let rule = RateRule.slidingWindow(limit: 3, per: .seconds(1))
        await #expect(throws: StorageError.self) { try await store.take([RateDemand("a", rule)]) }
        await #expect(throws: StorageError.self) { try await store.view() }
        let status = BreakerStatus(breaker: "b", epoch: 1, sequence: 1, state: .open)
        #expect(try await store.publish([status], by: "instance") == 1)
        try await RedisEnvironment.remove("{\(prefix)}", redis)
        await redis.close()
    }
}

/// Counts the leases that are out.
private final class LeaseBook: Sendable {
    private let state = Mutex((out: 0, most: 0, tokens: [Int64]()))

    var result: (most: Int, tokens: [Int64]) { state.withLock { ($0.most, $0.tokens) } }

    func begin(_ token: Int64) {
        state.withLock { state in
            state.out += 1
            state.most = max(state.most, state.out)
            state.tokens.append(token)
        }
    }

    func end() {
        state.withLock { $0.out -= 1 }
    }
}
