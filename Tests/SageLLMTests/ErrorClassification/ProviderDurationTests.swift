import Testing

@testable import SageLLM

struct ProviderDurationTests {
    @Test(arguments: [
        ("1s", Duration.seconds(1)), ("6m0s", .seconds(360)), ("1h2m3.5s", .milliseconds(3_723_500)),
        ("20ms", .milliseconds(20)), ("0", .zero), ("0s", .zero), (".5s", .milliseconds(500)),
        ("46s", .seconds(46)), ("46.000000001s", .nanoseconds(46_000_000_001)), ("5.289s", .milliseconds(5_289)),
        ("1.5h", .seconds(5_400)), ("100us", .microseconds(100)), ("100µs", .microseconds(100)),
        ("7ns", .nanoseconds(7)), ("9223372036854775807h", .nanoseconds(Int64.max)),
        ("99999999999999999999h1s", .nanoseconds(Int64.max)),
        ("0.0000000009999999s", .zero),
    ])
    func goDurationsAreRead(_ text: String, _ expected: Duration) {
        #expect(ProviderDuration.parse(text) == expected)
    }

    @Test(arguments: ["", "s", "1", "-1s", "+1s", "1s ", " 1s", "1x", "1s2", "1 s", "1..5s", "1e3s", "inf", "s1", "٣s"])
    func whatIsNoGoDurationIsRefused(_ text: String) {
        #expect(ProviderDuration.parse(text) == nil)
    }
}
