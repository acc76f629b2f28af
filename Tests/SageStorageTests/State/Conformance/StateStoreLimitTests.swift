import SageStorage
import Testing

struct StateStoreLimitTests {
    private static let perSecond = RateRule.slidingWindow(limit: 2, per: .seconds(1))
    private static let bucket = RateRule.tokenBucket(capacity: 5, refillInterval: .milliseconds(200))

    private static func take(
        _ store: any StateStore, _ permits: Int, _ rule: RateRule, of account: String = "a"
    ) async throws -> RateDecision {
        try await store.take([RateDemand(account, rule, permits: permits)])
    }

    private static func take(_ store: any StateStore, _ rule: RateRule) async throws -> RateDecision {
        try await take(store, 1, rule)
    }

    private static func granted(_ decision: RateDecision) throws -> RateGrant {
        guard case .granted(let grant) = decision else {
            Issue.record("\(decision)")
            throw StorageError(.other, store: "test", "not granted")
        }
        return grant
    }

    /// Case 41 of governor: admitted exactly at the promised instant, never before.
    @Test(arguments: TestedStore.allCases)
    func aWindowAdmitsAtThePromisedInstantAndNotBefore(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            #expect(try Self.granted(try await Self.take(store, Self.perSecond)).remaining == [1])
            hands.move(by: .milliseconds(1))
            #expect(try Self.granted(try await Self.take(store, Self.perSecond)).remaining == [0])
            hands.move(by: .milliseconds(1))
            #expect(try await Self.take(store, Self.perSecond) == .wait(.milliseconds(998)))
            #expect(try await Self.take(store, 2, Self.perSecond) == .wait(.milliseconds(999)))
            hands.move(by: .microseconds(997_999))
            #expect(try await Self.take(store, Self.perSecond) == .wait(.microseconds(1)))
            hands.move(by: .microseconds(1))
            let grant = try Self.granted(try await Self.take(store, Self.perSecond))
            #expect(grant.takenAt == hands.now)
            #expect(try await Self.take(store, Self.perSecond) == .wait(.milliseconds(1)))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aBucketRefillsOnePermitAtATime(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            #expect(try Self.granted(try await Self.take(store, 5, Self.bucket)).remaining == [0])
            #expect(try await Self.take(store, Self.bucket) == .wait(.milliseconds(200)))
            #expect(try await Self.take(store, 6, Self.bucket) == .tooLarge(demand: 0))
            hands.move(by: .milliseconds(399))
            #expect(try Self.granted(try await Self.take(store, Self.bucket)).remaining == [0])
            #expect(try await Self.take(store, Self.bucket) == .wait(.milliseconds(1)))
            hands.move(by: .seconds(3_600))
            #expect(try Self.granted(try await Self.take(store, 0, Self.bucket)).remaining == [5])
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aBucketOfManyPermitsIsExactToTheNanosecond(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            // 90 million a minute: 667 ns each, rounded up.
            let rule = RateRule.tokenBucket(capacity: 90_000_000, refillInterval: .nanoseconds(667))
            #expect(try Self.granted(try await Self.take(store, 90_000_000, rule)).remaining == [0])
            hands.move(by: .microseconds(2))
            // 2,000 ns are two permits and 666 ns.
            #expect(try Self.granted(try await Self.take(store, 2, rule)).remaining == [0])
            hands.move(by: .microseconds(1))
            #expect(try Self.granted(try await Self.take(store, 2, rule)).remaining == [0])
            #expect(try await Self.take(store, 3, rule) == .wait(.microseconds(2)))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aLargeWindowWeighsThePreviousPeriod(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let rule = RateRule.slidingWindow(limit: 2_000, per: .seconds(10))
            #expect(try Self.granted(try await Self.take(store, 2_000, rule)).remaining == [0])
            #expect(try await Self.take(store, rule) == .wait(.milliseconds(10_005)))
            hands.move(by: .seconds(15))
            #expect(try Self.granted(try await Self.take(store, 400, rule)).remaining == [600])
            #expect(try await Self.take(store, 700, rule) == .wait(.milliseconds(500)))
            hands.move(by: .milliseconds(500))
            #expect(try Self.granted(try await Self.take(store, 700, rule)).remaining == [0])
        }
    }

    @Test(arguments: TestedStore.allCases)
    func severalAccountsAreTakenFromTogetherOrNotAtAll(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let demands = [
                RateDemand("requests", Self.perSecond), RateDemand("tokens", Self.bucket, permits: 4),
                RateDemand("nothing", Self.bucket, permits: 0),
            ]
            #expect(try Self.granted(try await store.take(demands)).remaining == [1, 1, 5])
            #expect(try await store.take(demands) == .wait(.milliseconds(600), demand: 1))
            #expect(try Self.granted(try await Self.take(store, 0, Self.perSecond, of: "requests")).remaining == [1])
            hands.move(by: .milliseconds(600))
            #expect(try Self.granted(try await store.take(demands)).remaining == [0, 0, 5])
            // The longest wait of all.
            #expect(try await store.take(demands) == .wait(.milliseconds(800), demand: 1))
            let large = [RateDemand("requests", Self.perSecond), RateDemand("tokens", Self.bucket, permits: 6)]
            #expect(try await store.take(large) == .tooLarge(demand: 1))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func racingInstancesTakeExactlyTheLimit(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            let rule = RateRule.slidingWindow(limit: 20, per: .seconds(60))
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        if case .granted = try await Self.take(store, rule) { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(granted == 20)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func whatWasNotUsedComesBackOnce(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let taken = try Self.granted(try await Self.take(store, 5, Self.bucket)).takenAt
            try await store.settle([RateCorrection("a", Self.bucket, reserved: 5, actual: 2)], takenAt: taken)
            #expect(try Self.granted(try await Self.take(store, 0, Self.bucket)).remaining == [3])
            // Full in the meantime, and taken from again: it has all come back by itself.
            hands.move(by: .seconds(1))
            _ = try await Self.take(store, 4, Self.bucket)
            try await store.settle([RateCorrection("a", Self.bucket, reserved: 5, actual: 0)], takenAt: taken)
            #expect(try Self.granted(try await Self.take(store, 0, Self.bucket)).remaining == [1])
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aWindowGetsBackWhatWasTakenAtThatMoment(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let rule = RateRule.slidingWindow(limit: 10, per: .seconds(10))
            let first = try Self.granted(try await Self.take(store, 4, rule)).takenAt
            hands.move(by: .seconds(5))
            _ = try await Self.take(store, 5, rule)
            try await store.settle([RateCorrection("a", rule, reserved: 4, actual: 1)], takenAt: first)
            #expect(try Self.granted(try await Self.take(store, 0, rule)).remaining == [4])
            hands.move(by: .seconds(5))
            #expect(try Self.granted(try await Self.take(store, 0, rule)).remaining == [5])
            try await store.settle([RateCorrection("a", rule, reserved: 4, actual: 0)], takenAt: first)
            #expect(try Self.granted(try await Self.take(store, 0, rule)).remaining == [5])
        }
    }

    @Test(
        arguments: TestedStore.allCases,
        [Self.bucket, .slidingWindow(limit: 5, per: .seconds(1)), .slidingWindow(limit: 5_000, per: .seconds(1))])
    func whatWasUsedBeyondMakesADebtOfOneCapacityAtMost(_ store: TestedStore, _ rule: RateRule) async throws {
        try await store.run { (store, hands) async throws in
            let taken = try Self.granted(try await Self.take(store, 1, rule)).takenAt
            try await store.settle([RateCorrection("a", rule, reserved: 1, actual: .max)], takenAt: taken)
            #expect(try Self.granted(try await Self.take(store, 0, rule)).remaining == [-rule.capacity])
            guard case .wait(let wait, _) = try await Self.take(store, rule) else {
                Issue.record("granted")
                return
            }
            #expect(wait > .zero)
            hands.move(by: wait)
            _ = try Self.granted(try await Self.take(store, rule))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aCorrectionOfAnAccountThatIsForgottenIsHarmless(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let correction = RateCorrection("never", Self.bucket, reserved: 3, actual: 1)
            try await store.settle([correction], takenAt: hands.now)
            #expect(try Self.granted(try await Self.take(store, 0, Self.bucket, of: "never")).remaining == [5])
            try await store.settle([RateCorrection("new", Self.bucket, reserved: 1, actual: 3)], takenAt: hands.now)
            #expect(try Self.granted(try await Self.take(store, 0, Self.bucket, of: "new")).remaining == [3])
        }
    }

    @Test(arguments: TestedStore.allCases)
    func anotherLimitTakesOverWhatWasCountedAnotherKindBeginsAnew(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            _ = try await Self.take(store, 2, Self.perSecond)
            let wider = RateRule.slidingWindow(limit: 3, per: .seconds(1))
            #expect(try Self.granted(try await Self.take(store, wider)).remaining == [0])
            #expect(try await Self.take(store, Self.perSecond) == .wait(.seconds(1)))
            #expect(try Self.granted(try await Self.take(store, Self.bucket)).remaining == [4])
        }
    }

    @Test(
        arguments: TestedStore.allCases,
        [
            RateRule.slidingWindow(limit: 5, per: .seconds(1)), .slidingWindow(limit: 2_000, per: .seconds(1)),
            .tokenBucket(capacity: 5, refillInterval: .milliseconds(200)),
        ])
    func aClockThatGoesBackGivesNothingAndWithholdsNothing(_ store: TestedStore, _ rule: RateRule) async throws {
        try await store.run { (store, hands) async throws in
            _ = try await Self.take(store, rule.capacity, rule)
            guard case .wait(let wait, _) = try await Self.take(store, rule) else {
                Issue.record("granted")
                return
            }
            hands.move(by: .seconds(-86_400))
            #expect(try await Self.take(store, rule) == .wait(wait))
            hands.move(by: wait - .microseconds(1))
            #expect(try await Self.take(store, rule) == .wait(.microseconds(1)))
            hands.move(by: .microseconds(1))
            _ = try Self.granted(try await Self.take(store, rule))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func accountsAreToldApartByTheirBytes(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            for account in ["é", "e\u{301}", "a\u{0}", "a", "'", "{x}", "%", "\u{1F680}"] {
                #expect(try Self.granted(try await Self.take(store, 2, Self.perSecond, of: account)).remaining == [0])
            }
        }
    }

    @Test(arguments: TestedStore.allCases)
    func demandsThatMakeNoSenseAreRefusedAndTakeNothing(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            let long = String(repeating: "x", count: 1_025)
            let wrong: [[RateDemand]] = [
                [RateDemand(long, Self.perSecond)], [RateDemand("", Self.perSecond)],
                [RateDemand("b", Self.perSecond, permits: -1)],
                [RateDemand("b", .slidingWindow(limit: 0, per: .seconds(1)))],
                [RateDemand("b", .slidingWindow(limit: 1, per: .zero))],
                [RateDemand("b", .slidingWindow(limit: 1, per: .seconds(32 * 86_400)))],
                [RateDemand("b", .slidingWindow(limit: .max, per: .seconds(1)))],
                [RateDemand("b", .tokenBucket(capacity: 1_000_000_000, refillInterval: .seconds(1)))],
                [RateDemand("b", .tokenBucket(capacity: 1, refillInterval: .zero))],
                [RateDemand("b", Self.perSecond), RateDemand("b", Self.bucket)],
                (0...StateLimits.mostDemands).map { RateDemand("\($0)", Self.perSecond) },
            ]
            for demands in wrong {
                await #expect(throws: StorageError.self) {
                    try await store.take([RateDemand("first", Self.perSecond)] + demands)
                }
            }
            await #expect(throws: StorageError.self) {
                try await store.settle(
                    [RateCorrection("b", Self.bucket, reserved: -1, actual: 0)],
                    takenAt: StoreInstant(microseconds: 0))
            }
            #expect(try Self.granted(try await Self.take(store, 0, Self.perSecond, of: "first")).remaining == [2])
        }
    }
}
