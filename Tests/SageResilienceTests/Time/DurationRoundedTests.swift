import Testing

@testable import SageResilience

struct DurationRoundedTests {
    @Test(arguments: [
        (Duration.seconds(60), "60.0 seconds"), (.nanoseconds(62_502_729_659), "62.503 seconds"),
        (.nanoseconds(1_000_499_999), "1.0 seconds"), (.nanoseconds(2_345_678), "0.002346 seconds"),
        (.zero, "0.0 seconds"), (.milliseconds(100), "0.1 seconds"),
    ])
    func isAsPreciseAsAPersonReads(_ duration: Duration, _ text: String) {
        #expect("\(duration.rounded)" == text)
    }

    @Test func nothingIsTooLong() {
        #expect(Duration.seconds(Int64.max).rounded >= .nanoseconds(Int64.max / 1_000_000 * 1_000_000))
    }
}
