import SageResilience

extension EngineCase {
    static let breakers: [EngineCase] = [
        EngineCase("breaker closed, clean window", target: 20) {
            let breaker = CircuitBreaker("b")
            return { calls in for _ in 0..<calls { consume(try await breaker.execute(operation)) } }
        },
        EngineCase("breaker closed, 1 call of 64 fails", target: 35) {
            let breaker = CircuitBreaker("b")
            return { calls in
                for index in 0..<calls {
                    if index % 64 == 0 { breaker.tryAcquire()?.fail(Broken()) }
                    consume(try await breaker.execute(operation))
                }
            }
        },
        EngineCase("breaker closed, slow calls measured", target: 85) {
            let breaker = CircuitBreaker("b", try CircuitBreakerConfiguration(slowCallDuration: .seconds(1)))
            return { calls in for _ in 0..<calls { consume(try await breaker.execute(operation)) } }
        },
        EngineCase("breaker closed, time window") {
            let breaker = CircuitBreaker("b", try CircuitBreakerConfiguration(window: .time(.seconds(60))))
            return { calls in for _ in 0..<calls { consume(try await breaker.execute(operation)) } }
        },
        EngineCase("breaker open, acquire", target: 30, isSynchronous: true) {
            let breaker = CircuitBreaker("b")
            breaker.open(for: .seconds(3600))
            return { calls in
                for _ in 0..<calls {
                    do throws(CircuitBreakerError) {
                        let permit = try breaker.acquire()
                        permit.ignore()
                    } catch { consume(1) }
                }
            }
        },
        EngineCase("breaker open, execute") {
            let breaker = CircuitBreaker("b")
            breaker.open(for: .seconds(3600))
            return { calls in
                for _ in 0..<calls { do { consume(try await breaker.execute(operation)) } catch { consume(1) } }
            }
        },
        EngineCase("breaker half-open") {
            // So many probes are needed that it stays half-open.
            let breaker = CircuitBreaker(
                "b", try CircuitBreakerConfiguration(halfOpenMaxCalls: 2, successesToClose: 1_000_000))
            try breaker.transition(to: .open)
            try breaker.transition(to: .halfOpen)
            return { calls in
                for _ in 0..<calls {
                    do { consume(try await breaker.execute(operation)) } catch { consume(1) }
                    if breaker.state == .closed {
                        try breaker.transition(to: .open)
                        try breaker.transition(to: .halfOpen)
                    }
                }
            }
        },
    ]
}

private struct Broken: ClassifiedError {
    var classification: ErrorClassification { ErrorClassification(.transient) }
}
