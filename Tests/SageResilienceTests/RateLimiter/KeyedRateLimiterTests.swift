import SageTesting
import Testing

@testable import SageResilience

struct KeyedRateLimiterTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func limiters(capacity: Int = 10) throws -> KeyedRateLimiter {
        try KeyedRateLimiter(
            "keys", RateLimiterConfiguration(.slidingWindow(limit: 1, per: .seconds(1))), capacity: capacity,
            clock: clock, listener: recorder)
    }

    @Test func aKeyHasOneLimiterOfItsOwn() throws {
        let limiters = try limiters()
        #expect(limiters.limiter(for: "openai", "mini", secret: "sk-1").tryAcquire())
        #expect(!limiters.limiter(for: "openai", "mini", secret: "sk-1").tryAcquire())
        #expect(limiters.limiter(for: "openai", "mini", secret: "sk-2").tryAcquire())
        #expect(limiters.limiter(for: "openai", "mini").tryAcquire())
        #expect(limiters.registry.count == 3)
    }

    @Test func aSecretStandsNowhere() throws {
        let limiters = try limiters(capacity: 1)
        let secret = "sk-very-secret"
        let limiter = limiters.limiter(for: "openai", secret: secret)
        #expect(limiter.tryAcquire())
        #expect(!limiter.tryAcquire())
        #expect(limiters.limiter(for: "other", secret: secret + "2").name == "keys/#others")
        clock.advance(by: .seconds(1))
        _ = limiters.limiter(for: "other", secret: secret + "2")
        #expect(recorder.events.count == 2)
        let told = "\(recorder.events) \(limiter.name) \(limiters.registry.all.keys)"
        #expect(!told.contains("very"))
        #expect(limiter.name.hasPrefix("openai/#"))
    }

    @Test func differentKeysHaveDifferentNames() {
        let long = String(repeating: "x", count: KeyedRateLimiter.longestPart + 1)
        let names = [
            KeyedRateLimiter.name(for: "a", "b"), KeyedRateLimiter.name(for: "a/b"),
            KeyedRateLimiter.name(for: "a%2Fb"),
            KeyedRateLimiter.name(for: "ab"), KeyedRateLimiter.name(for: "a", "b", secret: ""),
            KeyedRateLimiter.name(for: "a", "b", "#" + KeyedRateLimiter.fingerprint("")),
            KeyedRateLimiter.name(for: "a", "b", ""), KeyedRateLimiter.name(for: long),
            KeyedRateLimiter.name(for: long + "x"),
        ]
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.utf8.count <= 3 * KeyedRateLimiter.longestPart })
        #expect(KeyedRateLimiter.name(for: "a", secret: "s") == KeyedRateLimiter.name(for: "a", secret: "s"))
    }

    @Test func aLimiterInUseIsNotForgotten() throws {
        let limiters = try limiters(capacity: 2)
        #expect(limiters.limiter(for: "busy").tryAcquire())
        _ = limiters.limiter(for: "idle")
        _ = limiters.limiter(for: "new")
        #expect(limiters.registry.all.keys.sorted() == ["busy", "new"])
    }

    @Test func keysWithoutAPlaceShareOneLimiter() throws {
        let limiters = try limiters(capacity: 1)
        #expect(limiters.limiter(for: "busy").tryAcquire())
        // Together they get what one key gets, however many keys somebody invents.
        #expect(limiters.limiter(for: "new").tryAcquire())
        #expect(!limiters.limiter(for: "new").tryAcquire())
        #expect(!limiters.limiter(for: "newer").tryAcquire())
        #expect(!limiters.limiter(for: "busy").tryAcquire())
        #expect(limiters.others.snapshot().acquired == 1)
        #expect(limiters.others.snapshot().rejected == 2)
        #expect(limiters.registry.names == ["busy"])
    }

    @Test func aKeyGetsItsOwnLimiterWhenThereIsAPlaceAgain() throws {
        let limiters = try limiters(capacity: 1)
        #expect(limiters.limiter(for: "busy").tryAcquire())
        #expect(limiters.limiter(for: "new").tryAcquire())
        clock.advance(by: .seconds(1))
        #expect(limiters.limiter(for: "new").name == "new")
        #expect(limiters.registry.names == ["new"])
    }

    @Test func nobodyCanAskForTheSharedLimiterByItsName() throws {
        let limiters = try limiters()
        let names = [
            KeyedRateLimiter.name(for: "keys/#others"), KeyedRateLimiter.name(for: "keys", "#others"),
            KeyedRateLimiter.name(for: "keys", secret: "others"),
        ]
        #expect(!names.contains(limiters.others.name))
    }

    @Test func aKeyMayHaveLimitsOfItsOwn() throws {
        let limiters = try limiters()
        let name = KeyedRateLimiter.name(for: "vip")
        try limiters.registry.register(name, RateLimiter.slidingWindow(name, limit: 5, per: .seconds(1)))
        #expect(limiters.limiter(for: "vip").tryAcquire(5))
    }

    @Test func aCapacityOutOfRangeIsNamed() {
        let error = #expect(throws: ConfigurationError.self) { try limiters(capacity: 0) }
        #expect(error?.field == "capacity")
    }
}
