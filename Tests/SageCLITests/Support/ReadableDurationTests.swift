import Testing

@testable import SageCLI

struct ReadableDurationTests {
    @Test(
        "A duration shows what matters at its size",
        arguments: [
            (Duration.zero, "0"), (.seconds(-1), "0"), (.nanoseconds(999), "999ns"), (.nanoseconds(1_499), "1us"),
            (.microseconds(1_000), "1ms"), (.nanoseconds(999_499), "999us"), (.nanoseconds(999_500), "1ms"),
            (.microseconds(37_540), "37.5ms"), (.milliseconds(999), "999ms"), (.microseconds(999_949), "999.9ms"),
            (.microseconds(999_950), "1s"), (.milliseconds(1_050), "1.05s"), (.milliseconds(1_500), "1.5s"),
            (.milliseconds(59_994), "59.99s"), (.milliseconds(59_995), "1m"), (.seconds(60), "1m"),
            (.seconds(125), "2m5s"), (.milliseconds(3_599_499), "59m59s"), (.milliseconds(3_599_500), "1h"),
            (.seconds(5_400), "1h30m"), (.seconds(86_400), "1d"), (.seconds(90_000), "1d1h"),
            (.nanoseconds(Int64.max), "106751d23h"), (.seconds(Int64.max), "106751d23h"),
        ])
    func readable(duration: Duration, text: String) {
        #expect(duration.readable == text)
    }
}
