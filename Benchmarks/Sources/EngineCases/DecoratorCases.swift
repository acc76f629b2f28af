import SageResilience

extension EngineCase {
    /// What a decorated function expands to.
    static let decorators: [EngineCase] = [
        EngineCase("decorated, breaker") {
            { calls in
                for _ in 0..<calls {
                    consume(
                        try await Decorated.execute(
                            .init("Service.call(_:)", in: "EngineCases/DecoratorCases.swift:9:5", hash: 0x5a6e_0001)
                        ) {
                            try Decorator.stack(.circuitBreaker("decorated"))
                        } operation: {
                            try await operation()
                        })
                }
            }
        },
        EngineCase("decorated, retry and breaker") {
            { calls in
                for _ in 0..<calls {
                    consume(
                        try await Decorated.execute(
                            .init("Service.call(_:)", in: "EngineCases/DecoratorCases.swift:23:5", hash: 0x5a6e_0002)
                        ) {
                            try Decorator.stack(.retry(maxAttempts: 3), .circuitBreaker("decorated"))
                        } operation: {
                            try await operation()
                        })
                }
            }
        },
    ]
}
