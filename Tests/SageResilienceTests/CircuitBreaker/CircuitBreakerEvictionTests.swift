import SageTesting
import Testing

@testable import SageResilience

/// When a breaker may be forgotten.
struct CircuitBreakerEvictionTests {
    private func driver(_ window: CircuitBreakerConfiguration.Window = .calls(4)) throws -> BreakerDriver {
        BreakerDriver(
            try CircuitBreakerConfiguration(
                window: window, minimumCalls: 4, consecutiveFailures: 3, slowCallDuration: .seconds(5),
                recoveryTimeout: .seconds(10), recoveryJitter: 0, stableAfter: .seconds(60), halfOpenMaxCalls: 1,
                ramp: .init(over: .seconds(20))))
    }

    @Test func aRegistryOfBreakersThatWereUsedIsNeverFullForGood() throws {
        let registry = try ResilienceRegistry(capacity: 2)
        for index in 0..<10 {
            let breaker = try registry.circuitBreaker("\(index)")
            try breaker.acquire().succeed()
            #expect(breaker.snapshot().calls == 1)
        }
        #expect(registry.circuitBreakers.names == ["8", "9"])
    }

    @Test func successesAloneDoNotKeepABreaker() throws {
        let breaker = try driver()
        #expect(breaker.isForgettable(at: 0))
        breaker.play("S", at: 0)
        #expect(breaker.isForgettable(at: 0))
        breaker.play("SSSSSS", at: 1)
        #expect(breaker.isForgettable(at: 1))
    }

    @Test("in a window of calls, trouble keeps a breaker for stableAfter", arguments: [("F", 0.0), ("S", 6)])
    func troubleKeepsItForAWhile(result: String, took: Double) throws {
        let breaker = try driver()
        breaker.play(result, at: 0, took: took)
        #expect(!breaker.isForgettable(at: took))
        breaker.play("S", at: took + 10)
        #expect(!breaker.isForgettable(at: took + 59.9), "later successes do not begin anew, nor end it")
        #expect(breaker.isForgettable(at: took + 60))
    }

    @Test func troubleThatHasLeftTheWindowKeepsNothing() throws {
        let breaker = try driver()
        breaker.play("FSSS", at: 0)
        #expect(!breaker.isForgettable(at: 0))
        breaker.play("S", at: 0)
        #expect(breaker.isForgettable(at: 0))
    }

    @Test func aWindowOfTimeForgetsByItself() throws {
        let breaker = try driver(.time(.seconds(600)))
        breaker.play("FS", at: 0)
        #expect(!breaker.isForgettable(at: 100))
        #expect(breaker.isForgettable(at: 700))
        let short = try driver(.time(.seconds(10)))
        short.play("F", at: 0)
        #expect(!short.isForgettable(at: 30), "one of those in a row")
        #expect(short.isForgettable(at: 60))
    }

    @Test func aBreakerThatForgetsRecoveriesAtOnceKeepsItsFailures() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(recoveryTimeout: .seconds(10), stableAfter: .zero))
        breaker.play("F", at: 0)
        #expect(!breaker.isForgettable(at: 9))
        #expect(breaker.isForgettable(at: 10))
    }

    @Test func aWaitThatWasAskedForKeepsIt() throws {
        let breaker = try driver()
        breaker.call(.failed(.overloaded, hint: .wait(.seconds(300))), at: 0)
        #expect(!breaker.isForgettable(at: 299))
        #expect(breaker.isForgettable(at: 300))
    }

    @Test func recoveriesKeepIt() throws {
        let breaker = try driver()
        breaker.play("FFF", at: 0)
        #expect(!breaker.isForgettable(at: 5), "open")
        #expect(!breaker.isForgettable(at: 500), "open, with a probe due")
        let probe = try #require(breaker.start(at: 500))
        #expect(!breaker.isForgettable(at: 500), "half-open")
        breaker.finish(probe, .success, at: 500)
        #expect(!breaker.isForgettable(at: 519), "ramping up")
        #expect(breaker.isForgettable(at: 520))
    }

    @Test func failedRecoveriesKeepItUntilTheyAreForgotten() throws {
        let breaker = try driver()
        breaker.play("FFF", at: 0)
        breaker.play("F", at: 10)
        breaker.play("S", at: 30)
        #expect(breaker.state == .closed)
        #expect(!breaker.isForgettable(at: 89.9))
        #expect(breaker.isForgettable(at: 90))
    }

    @Test(arguments: [CircuitBreaker.State.open, .forcedOpen, .disabled, .metricsOnly])
    func onlyAClosedOneCanGo(state: CircuitBreaker.State) throws {
        let breaker = CircuitBreaker("b", clock: TestClock())
        #expect(breaker.isEvictable)
        try breaker.transition(to: state)
        #expect(!breaker.isEvictable)
        breaker.reset()
        #expect(breaker.isEvictable)
    }
}
