import SageStorage
import Testing

struct StateStoreProbeTests {
    private static func terms(
        limit: Int = 3, total: Int = 3, successes: Int? = 3, failures: Int = 1, duration: Duration = .seconds(10)
    ) -> ProbeTerms {
        ProbeTerms(
            limit: limit, total: total, successesToClose: successes, failureLimit: failures, duration: duration)
    }

    private static func lease(
        _ store: any StateStore, by holder: String = "one", _ terms: ProbeTerms = terms()
    ) async throws -> ProbeLease {
        let answer = try await store.leaseProbe(of: "b", holder: holder, terms: terms)
        guard case .leased(let lease) = answer else {
            Issue.record("\(answer)")
            throw StorageError(.other, store: "test", "no lease")
        }
        return lease
    }

    private static func round(_ store: any StateStore) async throws -> ProbeRound {
        try #require(try await store.view().rounds.first)
    }

    @Test(arguments: TestedStore.allCases)
    func instancesTogetherHaveNoMoreLeasesThanTheLimit(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            for holder in ["one", "two", "three"] {
                let lease = try await Self.lease(store, by: holder)
                #expect(lease.holder == holder)
                #expect(lease.breaker == "b")
                #expect(lease.duration == .seconds(10))
                hands.move(by: .seconds(1))
            }
            #expect(try await Self.round(store).refusedAt == nil)
            let answer = try await store.leaseProbe(of: "b", holder: "four", terms: Self.terms())
            #expect(answer == .exhausted(retryAfter: .seconds(7)))
            let round = try await Self.round(store)
            #expect(round.leased == 3)
            #expect(round.refusedAt == hands.now)
            _ = try await store.leaseProbe(of: "other", holder: "four", terms: Self.terms())
            #expect(try await store.view().rounds.count == 2)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func racingInstancesNeverExceedTheLimit(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for holder in 0..<24 {
                    group.addTask {
                        let answer = try await store.leaseProbe(of: "b", holder: "\(holder)", terms: Self.terms())
                        if case .leased = answer { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(granted == 3)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func successesOfSeveralInstancesCloseTogether(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let leases = [
                try await Self.lease(store), try await Self.lease(store, by: "two"),
                try await Self.lease(store, by: "two"),
            ]
            #expect(try await store.endProbe(leases[0], .succeeded, terms: Self.terms()) == .counted(.undecided))
            // A round takes no more results than its total, those that are missing included.
            let answer = try await store.leaseProbe(of: "b", holder: "one", terms: Self.terms())
            #expect(answer == .exhausted(retryAfter: .seconds(10)))
            #expect(try await store.endProbe(leases[2], .succeeded, terms: Self.terms()) == .counted(.undecided))
            #expect(try await store.endProbe(leases[1], .succeeded, terms: Self.terms()) == .counted(.recovered))
            let round = try await Self.round(store)
            #expect(round.verdict == .recovered)
            #expect(round.decidedAt == hands.now)
            #expect(round.successes == 3)
            #expect(round.leased == 0)
            #expect(round.number == 1)
            #expect(round.recoveredAt == hands.now)
            // A round that begins on top of it does not hide it.
            let recovered = hands.now
            hands.move(by: .seconds(1))
            _ = try await Self.lease(store)
            let next = try await Self.round(store)
            #expect(next.number == 2)
            #expect(next.verdict == .undecided)
            #expect(next.decidedAt == nil)
            #expect(next.recoveredAt == recovered)
            // It goes back with the store's clock.
            hands.move(by: .seconds(-3))
            #expect(try await Self.round(store).recoveredAt == recovered.advanced(by: .seconds(-3)))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aFailureBlocksAllForItsPauseAndThenBeginsANewRound(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let lease = try await Self.lease(store)
            let other = try await Self.lease(store, by: "two")
            let ending = try await store.endProbe(lease, .failed(pause: .seconds(5)), terms: Self.terms())
            #expect(ending == .counted(.failed))
            let decided = try await Self.round(store)
            #expect(decided.blockedUntil == hands.now.advanced(by: .seconds(5)))
            // The verdict has been given: what comes later changes nothing.
            #expect(try await store.endProbe(other, .succeeded, terms: Self.terms()) == .counted(.failed))
            hands.move(by: .seconds(2))
            let refused = try await store.leaseProbe(of: "b", holder: "two", terms: Self.terms())
            #expect(refused == .blocked(retryAfter: .seconds(3)))
            hands.move(by: .seconds(3))
            _ = try await Self.lease(store)
            let round = try await Self.round(store)
            #expect(round.number == 2)
            #expect(round.verdict == .undecided)
            #expect(round.successes + round.failures == 0)
            #expect(round.blockedUntil == nil)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func openingAgainDecidesWhateverTheTermsAre(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            let terms = Self.terms(limit: 4, total: 4, successes: nil, failures: 4)
            let lease = try await Self.lease(store, terms)
            #expect(try await store.endProbe(lease, .reopened(pause: .seconds(1)), terms: terms) == .counted(.failed))
        }
    }

    /// Half of four probes: resilience4j's case 5.
    @Test(
        arguments: TestedStore.allCases,
        [("ffss", 2, .failed), ("fsfs", 3, .failed), ("fsss", 4, .recovered), ("sssf", 3, .recovered)]
            as [(String, Int, ProbeRound.Verdict)])
    func aShareOfFailuresDecidesAsSoonAsNothingCanChangeIt(
        _ store: TestedStore, _ example: (results: String, decisive: Int, verdict: ProbeRound.Verdict)
    ) async throws {
        try await store.run { (store, _) async throws in
            let terms = Self.terms(limit: 4, total: 4, successes: nil, failures: 2)
            var leases: [ProbeLease] = []
            for _ in 0..<4 { leases.append(try await Self.lease(store, terms)) }
            for (index, result) in example.results.enumerated() {
                let ending = try await store.endProbe(
                    leases[index], result == "s" ? .succeeded : .failed(pause: .seconds(1)), terms: terms)
                #expect(ending == .counted(index + 1 < example.decisive ? .undecided : example.verdict))
            }
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aLeaseThatHasRunOutIsFencedAndItsPlaceFree(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let terms = Self.terms(limit: 1, total: 1, successes: 1)
            let lease = try await Self.lease(store, terms)
            hands.move(by: .microseconds(9_999_999))
            let refused = try await store.leaseProbe(of: "b", holder: "two", terms: terms)
            #expect(refused == .exhausted(retryAfter: .microseconds(1)))
            hands.move(by: .microseconds(1))
            let next = try await Self.lease(store, by: "two", terms)
            #expect(next.token > lease.token)
            #expect(try await store.endProbe(lease, .succeeded, terms: terms) == .fenced)
            #expect(try await Self.round(store).verdict == .undecided)
            #expect(try await store.endProbe(next, .succeeded, terms: terms) == .counted(.recovered))
            #expect(try await store.endProbe(next, .failed(pause: .seconds(1)), terms: terms) == .fenced)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aLeaseOfSomebodyElseOrNobodyIsFenced(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            let lease = try await Self.lease(store, by: "é")
            for false_ in [
                ProbeLease(breaker: "b", holder: "e\u{301}", token: lease.token, duration: lease.duration),
                ProbeLease(breaker: "b", holder: "é", token: lease.token + 1, duration: lease.duration),
                ProbeLease(breaker: "c", holder: "é", token: lease.token, duration: lease.duration),
            ] {
                #expect(try await store.endProbe(false_, .failed(pause: .seconds(9)), terms: Self.terms()) == .fenced)
            }
            #expect(try await store.endProbe(lease, .succeeded, terms: Self.terms()) == .counted(.undecided))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func tokensOnlyGrowWhateverTheClockDoes(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let terms = Self.terms(limit: 1, total: 1, successes: 1, duration: .seconds(1))
            var last: Int64 = 0
            let steps: [Duration] = [
                .zero, .seconds(5), .seconds(-3_600), .seconds(2), .seconds(90_000), .zero, .seconds(-1),
            ]
            for step in steps {
                hands.move(by: step)
                let lease = try await Self.lease(store, terms)
                #expect(lease.token > last)
                last = lease.token
                #expect(try await store.endProbe(lease, .succeeded, terms: terms) == .counted(.recovered))
            }
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aClockThatGoesBackNeitherEndsALeaseNorHoldsItForLonger(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let terms = Self.terms(limit: 1, total: 3)
            _ = try await Self.lease(store, terms)
            hands.move(by: .seconds(-7_200))
            let refused = try await store.leaseProbe(of: "b", holder: "two", terms: terms)
            #expect(refused == .exhausted(retryAfter: .seconds(10)))
            hands.move(by: .seconds(10))
            let lease = try await Self.lease(store, by: "two", terms)
            _ = try await store.endProbe(lease, .failed(pause: .seconds(30)), terms: terms)
            hands.move(by: .seconds(-7_200))
            let blocked = try await store.leaseProbe(of: "b", holder: "two", terms: terms)
            #expect(blocked == .blocked(retryAfter: .seconds(30)))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func anUnusedLeaseIsGivenBackWithoutAResult(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            let terms = Self.terms(limit: 1, total: 1, successes: 1)
            let lease = try await Self.lease(store, terms)
            #expect(try await store.endProbe(lease, .unused, terms: terms) == .counted(.undecided))
            let round = try await Self.round(store)
            #expect(round.leased == 0)
            #expect(round.successes + round.failures == 0)
            _ = try await Self.lease(store, by: "two", terms)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aRoundThatLayIdleBeginsAnew(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let lease = try await Self.lease(store)
            _ = try await store.endProbe(lease, .succeeded, terms: Self.terms())
            hands.move(by: .seconds(9))
            _ = try await store.endProbe(try await Self.lease(store), .unused, terms: Self.terms())
            #expect(try await Self.round(store).successes == 1)
            hands.move(by: .seconds(10))
            _ = try await Self.lease(store)
            let round = try await Self.round(store)
            #expect(round.successes == 0)
            #expect(round.number == 2)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func theResultOfAnEarlierRoundsLeaseDoesNotCount(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let late = try await Self.lease(store)
            let lease = try await Self.lease(store)
            _ = try await store.endProbe(lease, .failed(pause: .seconds(1)), terms: Self.terms())
            hands.move(by: .seconds(1))
            _ = try await Self.lease(store)
            #expect(
                try await store.endProbe(late, .failed(pause: .seconds(1)), terms: Self.terms()) == .counted(.undecided)
            )
            let round = try await Self.round(store)
            #expect(round.failures == 0)
            #expect(round.leased == 1)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func probesAreForgottenAnHourAfterTheirLastChange(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            _ = try await store.endProbe(try await Self.lease(store), .unused, terms: Self.terms())
            hands.move(by: .seconds(3_599))
            #expect(try await store.view().rounds.count == 1)
            hands.move(by: .seconds(1))
            #expect(try await store.view().rounds.isEmpty)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func termsThatMakeNoSenseAreRefused(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            let wrong = [
                Self.terms(limit: 0), Self.terms(limit: 4, total: 3), Self.terms(successes: 0),
                Self.terms(failures: 0), Self.terms(duration: .zero), Self.terms(duration: .seconds(-1)),
                Self.terms(total: 1_001), Self.terms(duration: .seconds(32 * 86_400)),
            ]
            for terms in wrong {
                await #expect(throws: StorageError.self) {
                    try await store.leaseProbe(of: "b", holder: "one", terms: terms)
                }
            }
            let lease = try await Self.lease(store)
            await #expect(throws: StorageError.self) {
                try await store.endProbe(lease, .failed(pause: .seconds(-1)), terms: Self.terms())
            }
            #expect(try await store.endProbe(lease, .unused, terms: Self.terms()) == .counted(.undecided))
        }
    }
}
