import Testing

@testable import SageResilience

struct AdaptiveRateLimiterConfigurationTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        let field: String
        let value: String
        let make: @Sendable () throws -> AdaptiveRateLimiterConfiguration

        var testDescription: String { "\(field) \(value)" }
    }

    static let refused: [Refused] = [
        Refused(field: "beta", value: "0.0") { try .init(beta: 0) },
        Refused(field: "beta", value: "1.0") { try .init(beta: 1) },
        Refused(field: "beta", value: "nan") { try .init(beta: .nan) },
        Refused(field: "scale", value: "0.0") { try .init(scale: 0) },
        Refused(field: "scale", value: "inf") { try .init(scale: .infinity) },
        Refused(field: "smoothing", value: "0.0") { try .init(smoothing: 0) },
        Refused(field: "smoothing", value: "1.5") { try .init(smoothing: 1.5) },
        Refused(field: "smoothing", value: "nan") { try .init(smoothing: .nan) },
        Refused(field: "minimumRate", value: "0.0") { try .init(minimumRate: 0) },
        Refused(field: "minimumRate", value: "-1.0") { try .init(minimumRate: -1) },
        Refused(field: "maxWait", value: "-1.0 seconds") { try .init(maxWait: .seconds(-1)) },
        Refused(field: "maxQueued", value: "-1") { try .init(maxQueued: -1) },
        Refused(field: "maxServerHint", value: "-1.0 seconds") { try .init(maxServerHint: .seconds(-1)) },
    ]

    @Test(arguments: refused)
    func refusesByNameValueAndRange(_ refused: Refused) {
        let error = #expect(throws: ConfigurationError.self) { _ = try refused.make() }
        #expect(error?.field == refused.field)
        #expect(error?.value == refused.value)
        #expect(error?.allowed.isEmpty == false)
    }

    @Test func extremesAreAccepted() async throws {
        let limiter = AdaptiveRateLimiter(
            "extreme",
            try AdaptiveRateLimiterConfiguration(
                beta: 0.1, scale: 1_000, smoothing: 1, minimumRate: 1_000_000, maxWait: Duration(attoseconds: .max),
                maxQueued: .max))
        limiter.recordThrottle()
        try await limiter.acquire()
    }
}
