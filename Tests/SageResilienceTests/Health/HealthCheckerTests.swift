import SageResilience
import SageTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HealthCheckerTests {
    private let clock = TestClock()

    private func makeChecker() -> HealthChecker { HealthChecker(clock: clock) }

    @Test func aProgramWithoutServicesIsHealthy() async {
        let report = await HealthChecker().report()
        #expect(report == HealthReport(services: [:]))
        #expect(report.status == .healthy)
    }

    @Test("the seeds: healthy while no breaker is open")
    func breakers() async throws {
        let health = makeChecker()
        let (database, cache) = (CircuitBreaker("database", clock: clock), CircuitBreaker("cache", clock: clock))
        try health.add(database)
        try health.add(cache, as: "redis", importance: .optional)
        #expect(await health.isHealthy)
        try cache.transition(to: .open)
        var report = await health.report()
        #expect(report.status == .degraded)
        #expect(report.problems == ["redis"])
        #expect(report.services["redis"]?.importance == .optional)
        try database.transition(to: .open)
        report = await health.report()
        #expect(report.status == .unhealthy)
        #expect(report.services.mapValues(\.state) == ["database": "open", "redis": "open"])
        #expect(await !health.isHealthy)
        #expect(health.remove("database"))
        #expect(!health.remove("database"))
        #expect(await health.isHealthy)
    }

    @Test func aRegistryIsAskedForWhatItHoldsThen() async throws {
        let registry = try ResilienceRegistry(clock: clock)
        let health = makeChecker()
        try health.add(registry.circuitBreakers, importance: .alternative(group: "models"))
        try health.add(registry.rateLimiters, importance: .optional)
        #expect(await health.report().services.isEmpty)
        try registry.circuitBreaker("openai").transition(to: .open)
        #expect(await health.report().status == .unhealthy)
        _ = try registry.circuitBreaker("anthropic")
        try registry.rateLimiter("openai") { .openAI }.pause(for: .seconds(60))
        let report = await health.report()
        #expect(report.status == .degraded)
        #expect(report.problems == ["circuit_breaker/openai", "rate_limiter/openai"])
        #expect(report.services["circuit_breaker/anthropic"]?.importance == .alternative(group: "models"))
    }

    @Test func aNameIsTakenOnce() throws {
        let health = makeChecker()
        try health.add(CircuitBreaker("a"))
        let error = #expect(throws: HealthCheckerError.self) { try health.add(CircuitBreaker("b"), as: "a") }
        #expect(error?.reason == .taken)
        #expect(throws: HealthCheckerError.self) { try health.addCheck("a") {} }
        for index in 1..<HealthChecker.capacity { try health.addCheck("\(index)") {} }
        let full = #expect(throws: HealthCheckerError.self) { try health.addCheck("one more") {} }
        #expect(full?.reason == .full(capacity: 1_000))
        #expect(full?.description == "the health checker cannot take one more: it is full with 1000 services")
    }

    @Test(
        "limits out of range",
        arguments: [
            (Duration.zero, Duration.zero, "timeLimit"), (.seconds(-1), .zero, "timeLimit"),
            (.seconds(1), .seconds(-1), "freshness"),
        ])
    func limits(timeLimit: Duration, freshness: Duration, field: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try makeChecker().addCheck("x", timeLimit: timeLimit, freshness: freshness) {}
        }
        #expect(error?.field == field)
    }

    @Test func aCheckPassesOrFails() async throws {
        let health = makeChecker()
        let error = Locked<(any Error)?>(nil)
        try health.addCheck("disk", freshness: .zero) { if let error = error.value { throw error } }
        try health.addReport("search", freshness: .zero) {
            ServiceHealth(.degraded, state: "reindexing", failureRate: 0.25, measurements: ["pending": 7])
        }
        var report = await health.report()
        #expect(report.status == .degraded)
        #expect(report.services["disk"]?.state == "passing")
        #expect(report.services["search"]?.state == "reindexing")
        #expect(report.services["search"]?.failureRate == 0.25)
        #expect(report.services["search"]?.measurements["pending"] == 7)
        error.update { $0 = ServiceError(.authentication) }
        report = await health.report()
        #expect(report.status == .unhealthy)
        #expect(report.services["disk"]?.state == "failing")
        #expect(
            report.services["disk"]?.lastFailure
                == ServiceHealth.LastFailure(age: .zero, errorClass: .authentication, errorType: "ServiceError"))
        error.update { $0 = nil }
        clock.advance(by: .seconds(3))
        report = await health.report()
        #expect(report.services["disk"]?.status == .healthy)
        #expect(report.services["disk"]?.lastFailure?.age == .seconds(3))
    }

    @Test func askingOftenDoesNotCallOften() async throws {
        let health = makeChecker()
        let runs = Locked(0)
        try health.addCheck("database", freshness: .seconds(5)) { runs.update { $0 += 1 } }
        for _ in 0..<100 { _ = await health.report() }
        #expect(runs.value == 1)
        clock.advance(by: .seconds(5))
        _ = await health.report()
        #expect(runs.value == 2)
    }

    @Test func callersAtTheSameTimeShareOneRun() async throws {
        let health = makeChecker()
        let (runs, gate) = (Locked(0), Gate())
        let begun = Gate()
        try health.addCheck("database", freshness: .seconds(60)) {
            runs.update { $0 += 1 }
            begun.open()
            try await gate.pass()
        }
        async let first = health.report()
        try await begun.pass()
        let reports = await withTaskGroup(of: HealthReport.self) { group in
            for _ in 0..<8 { group.addTask { await health.report() } }
            gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(await first.status == .healthy)
        #expect(reports.allSatisfy { $0.status == .healthy })
        #expect(runs.value == 1)
    }

    @Test func aCheckThatTakesTooLongIsCancelled() async throws {
        let health = makeChecker()
        let gate = Gate()
        try health.addCheck("database", timeLimit: .seconds(2), freshness: .zero) { try await gate.pass() }
        async let report = health.report()
        #expect(await clock.nextTimerScheduled() == .init(offset: .seconds(2)))
        clock.advance(by: .seconds(2))
        #expect(await report.services["database"]?.state == "timed_out")
        #expect(await report.status == .unhealthy)
    }

    @Test func aCheckThatCannotBeCancelledHoldsNobodyUpAndRunsOnce() async throws {
        let health = makeChecker()
        let (runs, begun, gate) = (Locked(0), Gate(), Gate())
        try health.addCheck("stubborn", timeLimit: .seconds(2), freshness: .zero) {
            runs.update { $0 += 1 }
            begun.open()
            await gate.passStubbornly()
        }
        async let report = health.report()
        try await begun.pass()
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(2))
        #expect(await report.services["stubborn"]?.state == "timed_out")
        for _ in 0..<10 {
            clock.advance(by: .seconds(60))
            #expect(await health.report().services["stubborn"]?.reason == "the check has not answered and still runs")
        }
        #expect(runs.value == 1)
        gate.open()
    }

    @Test func aCallerThatWalksAwayDoesNotEndTheRunForTheOthers() async throws {
        let health = makeChecker()
        let (gate, begun) = (Gate(), Gate())
        let runs = Locked(0)
        try health.addCheck("database", freshness: .seconds(60)) {
            runs.update { $0 += 1 }
            begun.open()
            try await gate.pass()
        }
        let impatient = Task { await health.report() }
        try await begun.pass()
        impatient.cancel()
        #expect(await impatient.value.services["database"]?.state == "not_checked")
        async let patient = health.report()
        gate.open()
        #expect(await patient.services["database"]?.state == "passing")
        #expect(runs.value == 1)
    }

    @Test func aCallerThatIsCancelledAlreadyDoesNotWait() async throws {
        let health = makeChecker()
        let gate = Gate()
        try health.addCheck("database") { try await gate.pass() }
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await health.report()
        }
        #expect(await caller.value.services["database"]?.state == "not_checked")
        gate.open()
    }

    @Test func aRunKnowsNothingOfWhoStartedIt() async throws {
        let health = makeChecker()
        let priority = Locked<CallPriority?>(nil)
        try health.addCheck("database") { priority.update { $0 = CallContext.current.priority } }
        _ = await CallContext.with(priority: .low) { await health.report() }
        #expect(priority.value == .normal)
    }

    @Test func aCheckMayAskForTheReportOfAnotherChecker() async throws {
        let (inner, outer) = (makeChecker(), makeChecker())
        try inner.addCheck("disk") { throw UnknownError() }
        try outer.addReport("node") { ServiceHealth(await inner.report().status) }
        #expect(await outer.report().services["node"]?.status == .unhealthy)
    }
}
