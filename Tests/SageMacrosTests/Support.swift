import SageMacros
import SageTesting

/// An error that is worth another try.
struct Outage: ClassifiedError, Equatable {
    var number = 0
    var classification: ErrorClassification { ErrorClassification(.transient) }
}

/// An error that says nothing about itself.
struct Mystery: Error, Equatable {}

/// The error of typed functions.
enum StoreError: RefusableError {
    case outage(Int)
    case refused(any Error)

    init(refusal: any Error) { self = .refused(refusal) }
}

/// An error type that knows nothing of Sage.
enum PlainError: Error, Equatable {
    case failed(Int)
}

/// A registry for one test, without delays by chance, whose time stands still.
func withRegistry<Result>(
    clock: any Clock<Duration> = TestClock(), listener: (any ResilienceListener)? = nil,
    _ operation: (ResilienceRegistry) async throws -> Result
) async throws -> Result {
    let registry = try ResilienceRegistry(clock: clock, random: .scripted([0]), listener: listener)
    return try await ResilienceRegistry.withCurrent(registry) { try await operation(registry) }
}
