import Testing

@testable import SageResilience

struct ClientThrottleConfigurationTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        let field: String
        let value: String
        let make: @Sendable () throws -> ClientThrottleConfiguration

        var testDescription: String { "\(field) \(value)" }
    }

    static let refused: [Refused] = [
        Refused(field: "acceptsMultiplier", value: "0.99") { try .init(acceptsMultiplier: 0.99) },
        Refused(field: "acceptsMultiplier", value: "nan") { try .init(acceptsMultiplier: .nan) },
        Refused(field: "acceptsMultiplier", value: "inf") { try .init(acceptsMultiplier: .infinity) },
        Refused(field: "maxRejectionProbability", value: "-0.1") { try .init(maxRejectionProbability: -0.1) },
        Refused(field: "maxRejectionProbability", value: "1.1") { try .init(maxRejectionProbability: 1.1) },
        Refused(field: "maxRejectionProbability", value: "nan") { try .init(maxRejectionProbability: .nan) },
        Refused(field: "window", value: "0.0 seconds") { try .init(window: .zero) },
        Refused(field: "window", value: "-1.0 seconds") { try .init(window: .seconds(-1)) },
        Refused(field: "window", value: "86401.0 seconds") { try .init(window: .seconds(86_401)) },
        Refused(field: "buckets", value: "0") { try .init(buckets: 0) },
        Refused(field: "buckets", value: "1001") { try .init(buckets: 1_001) },
        Refused(field: "minimumRequests", value: "-1") { try .init(minimumRequests: -1) },
        Refused(field: "failureRate", value: "1.0") { try .init(failureRate: 1) },
        Refused(field: "failureRate", value: "-0.1") { try .init(failureRate: -0.1) },
        Refused(field: "failureRate", value: "nan") { try .init(failureRate: .nan) },
    ]

    @Test(arguments: refused)
    func refusesByNameValueAndRange(_ refused: Refused) {
        let error = #expect(throws: ConfigurationError.self) { _ = try refused.make() }
        #expect(error?.field == refused.field)
        #expect(error?.value == refused.value)
        #expect(error?.allowed.isEmpty == false)
    }

    @Test func extremesAreAccepted() throws {
        let configuration = try ClientThrottleConfiguration(
            acceptsMultiplier: 1_000_000, maxRejectionProbability: 1, window: .nanoseconds(1), buckets: 1_000,
            minimumRequests: .max)
        let throttle = ClientThrottle("extreme", configuration)
        for _ in 0..<100 { throttle.tryAcquire()?.succeed() }
        #expect(throttle.snapshot().rejected == 0)
    }

    @Test func theErrorIsASentence() {
        let error = ClientThrottleError(policyName: "openai", probability: 0.254)
        #expect(error.description == "openai: client throttle refused, as it does with 25 % of the calls")
        #expect(error.reason == .throttled)
        #expect(error.retryAfter == nil)
    }
}
