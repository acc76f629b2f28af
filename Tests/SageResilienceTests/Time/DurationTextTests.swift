import SageResilience
import Testing

struct DurationTextTests {
    @Test(arguments: [
        ("0", Duration.zero), ("0s", .zero), ("120s", .seconds(120)), ("100ms", .milliseconds(100)),
        ("1.5s", .milliseconds(1500)), ("2m", .seconds(120)), ("1h30m", .seconds(5400)), ("90d", .seconds(7_776_000)),
        ("1m30.5s", .milliseconds(90_500)), ("250us", .microseconds(250)), ("7ns", .nanoseconds(7)),
        ("0.000000001s", .nanoseconds(1)), ("0.0000000019s", .nanoseconds(1)), ("0.1h", .seconds(360)),
        ("1s1ms", .milliseconds(1001)), ("106751d", .seconds(106_751 * 86_400)),
    ])
    func durationsAreRead(_ text: String, _ expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: [
        "", "5", "s", "-5s", "+5s", "5 s", "5S", "5sec", "1..5s", "1.s", ".5s", "1e3s", "nan", "inf", "infs", "30m1h",
        "1s1s", "106752d", "999999999999999999s", "9999999999999999999999s", "106751d24h", "٣s", "5s ", "0x5s", "1.5",
        "1h30",
        "1,5s", "300y", "∞",
    ])
    func whatIsNotADurationIsRefused(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        (Duration.zero, "0"), (.seconds(90), "90s"), (.milliseconds(1500), "1500ms"), (.microseconds(3), "3us"),
        (.nanoseconds(1_000_000_001), "1000000001ns"), (.seconds(Int64.max), "9223372036854775807s"),
    ])
    func durationsAreWritten(_ duration: Duration, _ expected: String) {
        #expect(DurationText.render(duration) == expected)
    }

    @Test(arguments: [0, 1, 999, 1_000, 1_500_000, 100_000_000, 5_400_000_000_000, Int64.max])
    func whatIsWrittenIsReadBack(_ nanoseconds: Int64) {
        let duration = Duration.nanoseconds(nanoseconds)
        #expect(DurationText.parse(DurationText.render(duration)) == duration)
    }
}
