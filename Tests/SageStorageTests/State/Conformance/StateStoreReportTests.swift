import SageResilience
import SageStorage
import Testing

struct StateStoreReportTests {
    private static let names = [
        "openai/gpt-5-mini", "", "'; DROP TABLE sage_state_reports; --", "\" OR 1=1", "{a}:{b}", "a\u{0}b", "é",
        "e\u{301}", "🧑‍🚀", "line\r\nbreak", "return redis.call('FLUSHALL')", String(repeating: "x", count: 1_024),
        "%s*?[a]",
    ].filter { !$0.isEmpty }

    private static func open(
        _ breaker: String = "b", epoch: Int64 = 1, sequence: Int64 = 1, remaining: Duration = .seconds(30),
        keep: Duration = .seconds(90)
    ) -> BreakerStatus {
        BreakerStatus(
            breaker: breaker, epoch: epoch, sequence: sequence, state: .open, timeInState: .seconds(2),
            remaining: remaining, failedRecoveries: 3, calls: 10, failures: 7, keep: keep)
    }

    @Test(arguments: TestedStore.allCases)
    func aReportReachesTheOthersWithItsTimesByTheStoresClock(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let started = hands.now
            #expect(try await store.publish([Self.open()], by: "one") == 1)
            hands.move(by: .seconds(10))
            let view = try await store.view()
            let report = try #require(view.reports.first)
            #expect(view.reports.count == 1)
            #expect(view.now == hands.now)
            #expect(report.instance == "one")
            #expect(report.status == Self.open())
            #expect(report.published == started)
            #expect(report.since == started.advanced(by: .seconds(-2)))
            #expect(report.remaining(at: view.now) == .seconds(20))
            #expect(try await store.ping() == hands.now)
        }
    }

    @Test(arguments: TestedStore.allCases, CircuitBreaker.State.allCases)
    func everyStateComesBackAsItWas(_ store: TestedStore, _ state: CircuitBreaker.State) async throws {
        try await store.run { (store, _) async throws in
            let status = BreakerStatus(
                breaker: "b", epoch: 7, sequence: 9, state: state, isOwnJudgement: false,
                timeInState: .microseconds(1_234_567), remaining: .milliseconds(1), keep: .seconds(1))
            try await store.publish([status], by: "one")
            #expect(try await store.view().reports.map(\.status) == [status])
        }
    }

    @Test(
        arguments: TestedStore.allCases,
        [(2, 4, 0), (2, 5, 0), (2, 6, 1), (1, 9, 0), (3, 1, 1), (3, 0, 1)] as [(Int64, Int64, Int)])
    func anOlderReportNeverTakesTheNewerOnesPlace(
        _ store: TestedStore, _ second: (epoch: Int64, sequence: Int64, accepted: Int)
    ) async throws {
        try await store.run { (store, _) async throws in
            try await store.publish([Self.open(epoch: 2, sequence: 5)], by: "one")
            let later = BreakerStatus(
                breaker: "b", epoch: second.epoch, sequence: second.sequence, state: .closed)
            #expect(try await store.publish([later], by: "one") == second.accepted)
            let state = try await store.view().reports.first?.status.state
            #expect(state == (second.accepted == 1 ? .closed : .open))
        }
    }

    @Test(arguments: TestedStore.allCases)
    func instancesAndBreakersAreKeptApartWhateverTheyAreCalled(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            for (index, instance) in Self.names.enumerated() {
                let statuses = Self.names.enumerated().map { place, breaker in
                    Self.open(breaker, sequence: Int64(1 + index * 100 + place))
                }
                #expect(try await store.publish(statuses, by: instance) == Self.names.count)
            }
            let reports = try await store.view().reports
            #expect(reports.count == Self.names.count * Self.names.count)
            for (index, instance) in Self.names.enumerated() {
                for (place, breaker) in Self.names.enumerated() {
                    let found = reports.filter {
                        $0.instance.utf8.elementsEqual(instance.utf8)
                            && $0.status.breaker.utf8.elementsEqual(breaker.utf8)
                    }
                    #expect(found.map(\.status.sequence) == [Int64(1 + index * 100 + place)])
                }
            }
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aReportIsForgottenWhenItsTimeIsOver(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            try await store.publish([Self.open("a", keep: .seconds(5)), Self.open("b", keep: .seconds(6))], by: "one")
            hands.move(by: .microseconds(4_999_999))
            #expect(try await store.view().reports.count == 2)
            hands.move(by: .microseconds(1))
            #expect(try await store.view().reports.map(\.status.breaker) == ["b"])
            // An old report is no hindrance once it is forgotten.
            #expect(try await store.publish([Self.open("a", epoch: 0)], by: "one") == 1)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aClockThatGoesBackMakesNoBreakerStayOpenLonger(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            try await store.publish([Self.open(remaining: .seconds(30), keep: .seconds(60))], by: "one")
            hands.move(by: .seconds(-86_400))
            let moved = try await store.view()
            #expect(moved.reports.map { $0.remaining(at: moved.now) } == [.seconds(30)])
            hands.move(by: .seconds(20))
            let later = try await store.view()
            #expect(later.reports.map { $0.remaining(at: later.now) } == [.seconds(10)])
            hands.move(by: .seconds(40))
            #expect(try await store.view().reports.isEmpty)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func aClockThatLeapsForwardLeavesNoTime(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            try await store.publish([Self.open(remaining: .seconds(30), keep: .seconds(7_200))], by: "one")
            hands.move(by: .seconds(3_600))
            let view = try await store.view()
            #expect(view.reports.map { $0.remaining(at: view.now) } == [.zero])
        }
    }

    @Test(arguments: TestedStore.allCases)
    func everyStartOfAnInstanceHasAGreaterNumber(_ store: TestedStore) async throws {
        try await store.run { (store, hands) async throws in
            let first = try await store.join("one")
            let second = try await store.join("one")
            #expect(first >= 1)
            #expect(second > first)
            #expect(try await store.join("one", after: 100) > 100)
            #expect(try await store.join("one") > 101)
            #expect(try await store.join("two") < 100)
            try await store.publish([Self.open(epoch: 5_000)], by: "two")
            #expect(try await store.join("two") > 5_000)
            hands.move(by: .seconds(-3_600))
            #expect(try await store.join("one") > 102)
        }
    }

    @Test(arguments: TestedStore.allCases)
    func whatIsOutOfBoundsIsRefusedAndNothingIsDone(_ store: TestedStore) async throws {
        try await store.run { (store, _) async throws in
            let long = String(repeating: "é", count: 513)
            let wrong: [BreakerStatus] = [
                Self.open(long), Self.open(""), Self.open(remaining: .seconds(-1)),
                Self.open(keep: .seconds(32 * 86_400)),
                BreakerStatus(breaker: "b", epoch: 1, sequence: 1, state: .open, calls: -1),
            ]
            for status in wrong {
                await #expect(throws: StorageError.self) {
                    try await store.publish([Self.open("ok"), status], by: "one")
                }
            }
            await #expect(throws: StorageError.self) { try await store.publish([Self.open()], by: long) }
            await #expect(throws: StorageError.self) { try await store.join("") }
            let many = (0...StateLimits.mostStatuses).map { Self.open("\($0)") }
            await #expect(throws: StorageError.self) { try await store.publish(many, by: "one") }
            let view = try await store.view()
            #expect(view.reports.isEmpty)
            #expect(try await store.publish(Array(many.dropLast()), by: "one") == StateLimits.mostStatuses)
        }
    }
}
