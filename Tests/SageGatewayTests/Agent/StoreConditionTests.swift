import Logging
import SageResilience
import SageStorage
import SageTesting
import Testing

@testable import SageGateway

struct StoreConditionTests {
    private let clock = TestClock()
    private let log = LogRecorder()
    private let condition: StoreCondition

    init() {
        condition = StoreCondition("sessions", clock: clock, logger: log.logger)
    }

    private static let full = StorageError(.full, store: "sqlite", "the disk is full", remedy: "Free some room.")

    private var failure: StorageError? { condition.failure as? StorageError }

    @Test func aFailureLastsUntilTheSameUseSucceeds() {
        condition.noticed(.writing, Self.full)
        condition.succeeded(.reading)
        #expect(failure == Self.full)
        condition.succeeded(.writing)
        #expect(condition.failure == nil)
    }

    @Test func aCallerThatComesTooLateIsNoTroubleOfTheStore() {
        var late = StorageError(.timeout, store: "sqlite", "too late", isNotDone: true)
        late.origin = .callersDeadline
        condition.noticed(.reading, late)
        #expect(condition.failure == nil)
        // The store may be what took so long.
        late.isNotDone = false
        condition.noticed(.reading, late)
        #expect(failure == late)
    }

    @Test func everyChangeStandsInTheLogOnce() {
        condition.noticed(.writing, Self.full)
        condition.noticed(.writing, Self.full)
        condition.noticed(.reading, StorageError(.timeout, store: "sqlite", "no answer"))
        clock.advance(by: .seconds(3))
        condition.succeeded(.writing)
        #expect(log.entries.map(\.message) == ["store cannot be used"])
        condition.succeeded(.reading)
        condition.succeeded(.reading)
        #expect(log.entries.map(\.message) == ["store cannot be used", "store works again"])
        #expect(log.entries[0].level == .warning)
        #expect(log.entries[0]["store"] == "sessions")
        #expect(log.entries[0]["use"] == "writing")
        #expect(log.entries[0]["error"] == "sqlite: the disk is full. Free some room.")
        #expect(log.entries[1]["down_ms"] == "3000")
    }

    @Test func aStoreThatFailsAndWorksByTurnsFillsNoLog() {
        for _ in 0..<100 {
            condition.noticed(.reading, Self.full)
            condition.succeeded(.reading)
        }
        #expect(log.entries.count == 2)
        condition.noticed(.reading, Self.full)
        #expect(log.entries.count == 2)
        clock.advance(by: .seconds(11))
        condition.noticed(.reading, Self.full)
        #expect(log.entries.map(\.message).last == "store cannot be used")
    }

    @Test func whatTheDatabaseSaidTellsMoreThanThatItIsLeftAlone() throws {
        let breaker = CircuitBreaker("sqlite.statements", .default)
        try breaker.transition(to: .forcedOpen)
        let rejection = #expect(throws: CircuitBreakerError.self) { _ = try breaker.acquire() }
        condition.noticed(.writing, Self.full)
        condition.noticed(.writing, try #require(rejection))
        #expect(failure == Self.full)
        condition.noticed(.reading, try #require(rejection))
        #expect(condition.mayPass(.reading))
    }

    @Test(
        "What a caller did wrong is no trouble of the store",
        arguments: [StorageError.Problem.value, .constraint, .serialization])
    func mistakes(problem: StorageError.Problem) {
        condition.noticed(.writing, StorageError(problem, store: "sqlite", "no"))
        condition.noticed(.writing, CancellationError())
        #expect(condition.failure == nil)
    }

    @Test(arguments: [(StorageError.Problem.full, true), (.timeout, true), (.corrupt, false), (.readOnly, false)])
    func whatIsDamagedIsNotAskedWhetherItWorks(problem: StorageError.Problem, mayPass: Bool) {
        condition.noticed(.writing, StorageError(problem, store: "sqlite", "no"))
        #expect(condition.mayPass(.writing) == mayPass)
        #expect(!condition.mayPass(.reading))
    }

    @Test(arguments: [(StorageError.Problem.replaced, true), (.closed, true), (.corrupt, false)])
    func aFileThatIsAnotherOneIsGone(problem: StorageError.Problem, isGone: Bool) {
        #expect(!condition.isGone)
        condition.noticed(.reading, StorageError(problem, store: "sqlite", "no"))
        #expect(condition.isGone == isGone)
        condition.opened()
        #expect(!condition.isGone)
    }
}
