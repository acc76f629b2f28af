import HTTPTypes
import SageResilience
import Testing

@testable import SageHummingbird

/// Errors of the engine as answers.
struct RefusalTests {
    @Test(
        "who asks too much is told so only by the server's own limits",
        arguments: [
            (RateLimiterError(policyName: "x") as any Error, HTTPResponse.Status.tooManyRequests, .serviceUnavailable),
            (RateLimiterError(policyName: "x", reason: .waitTooLong), .tooManyRequests, .serviceUnavailable),
            (RateLimiterError(policyName: "x", reason: .queueFull), .tooManyRequests, .serviceUnavailable),
            (RateLimiterError(policyName: "x", reason: .deadlineExceeded), .gatewayTimeout, .gatewayTimeout),
            (AdaptiveRateLimiterError(policyName: "x"), .tooManyRequests, .serviceUnavailable),
            (BulkheadError(policyName: "x", reason: .waitTooLong), .serviceUnavailable, .serviceUnavailable),
            (TimeLimiterError(policyName: "x", limit: .seconds(1)), .gatewayTimeout, .gatewayTimeout),
        ] as [(any Error, HTTPResponse.Status, HTTPResponse.Status)])
    func statuses(_ error: any Error, _ own: HTTPResponse.Status, _ handlers: HTTPResponse.Status) {
        #expect(Refusal(error, isOwn: true)?.status == own)
        #expect(Refusal(error, isOwn: false)?.status == handlers)
    }

    @Test func whatIsNotTheEnginesIsNoRefusal() {
        #expect(Refusal(CancellationError(), isOwn: true)?.code == nil)
        let missing = RegistryError(registryName: "x", reason: .missing(name: "y", known: [], total: 0))
        #expect(Refusal(missing, isOwn: false)?.code == nil)
    }

    @Test(arguments: [
        (Duration.zero, Int64(1)), (.seconds(-1), 1), (.milliseconds(1), 1), (.seconds(1), 1),
        (.milliseconds(1_001), 2), (.seconds(90), 90), (.seconds(Int64.max), Int64.max),
    ])
    func waitsAreWholeSeconds(_ wait: Duration, _ expected: Int64) {
        #expect(Refusal.wholeSeconds(wait) == expected)
    }
}
