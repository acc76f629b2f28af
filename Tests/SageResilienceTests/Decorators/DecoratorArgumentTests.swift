import Testing

@testable import SageResilience

struct DecoratorArgumentTests {
    @Test(arguments: [
        (RetryStrategy.exponential, [1, 3, 9, 20]), (.fixed, [1, 1, 1, 1]), (.linear, [1, 2, 3, 4]),
        (.fibonacci, [1, 1, 2, 3]),
    ])
    func delaysFollowTheStrategy(strategy: RetryStrategy, seconds: [Int]) throws {
        let backoff = try strategy.backoff(
            initialDelay: .seconds(1), maxDelay: .seconds(20), multiplier: 3, jitter: .none)
        #expect((1...4).map { backoff.delay(beforeRetry: $0) } == seconds.map { .seconds($0) })
    }

    @Test(arguments: RetryStrategy.allCases)
    func wrongNumbersAreRefusedByEveryStrategy(strategy: RetryStrategy) {
        let wrong: [(Duration, Duration, Double, String)] = [
            (.seconds(-1), .seconds(1), 2, "initialDelay"), (.seconds(1), .seconds(-1), 2, "maxDelay"),
            (.seconds(1), .seconds(1), 0.5, "multiplier"), (.seconds(1), .seconds(1), .nan, "multiplier"),
        ]
        for (initialDelay, maxDelay, multiplier, field) in wrong {
            let error = #expect(throws: ConfigurationError.self) {
                try strategy.backoff(
                    initialDelay: initialDelay, maxDelay: maxDelay, multiplier: multiplier, jitter: .none)
            }
            #expect(error?.field == field)
        }
    }

    @Test func onlyTheNamedTypesAreRetried() {
        let classifier = ErrorClassifier.default.retrying(only: [Known.self])
        #expect(classifier.classify(Known(.timeout)).errorClass == .timeout)
        #expect(classifier.classify(Known(.permanent)).errorClass == .transient)
        #expect(classifier.classify(Known(.unknown)).errorClass == .transient)
        #expect(classifier.classify(Other()).errorClass == .permanent)
        #expect(ErrorClassifier.default.retrying(only: []).classify(Other()).errorClass == .unknown)
    }

    @Test func onlyTheNamedTypesCount() {
        let classifier = ErrorClassifier.default.counting(only: [Known.self])
        let configuration = CircuitBreakerConfiguration.default
        func outcome(_ error: any Error) -> Outcome { configuration.outcome(of: classifier.classify(error)) }
        #expect(outcome(Known(.transient)) == .failure)
        #expect(outcome(Known(.permanent)) == .failure)
        #expect(outcome(Known(.unknown)) == .failure)
        #expect(outcome(Other()) == .ignored)
    }

    private struct Known: ClassifiedError {
        let classification: ErrorClassification

        init(_ errorClass: ErrorClass) { classification = ErrorClassification(errorClass) }
    }

    private struct Other: Error {}
}
