import Testing

@testable import SageGateway

struct QuantityTests {
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

    @Test(arguments: [
        ("0", 0), ("33554432", 33_554_432), ("32MiB", 33_554_432), ("10KB", 10_000), ("1.5GiB", 1_610_612_736),
        ("2 mb", 2_000_000),
        ("1.5MiB", 1_572_864), ("0.1KiB", 102), ("5B", 5), ("1tib", 1_099_511_627_776),
    ])
    func sizesAreRead(_ text: String, _ expected: Int) {
        #expect(SizeText.parse(text) == expected)
    }

    @Test(arguments: [
        "", "KB", "-1", "1 000", "1K", "1PB", "1e3", "9223372036854775808", "99999999999TiB", "1.2.3KB", "nan", "1  KB",
        " 1",
    ])
    func whatIsNotASizeIsRefused(_ text: String) {
        #expect(SizeText.parse(text) == nil)
    }

    @Test(arguments: [("0.5", 0.5), ("1", 1), ("1e2", 100), (".5", 0.5), ("-1", -1), ("2E-1", 0.2)])
    func numbersAreRead(_ text: String, _ expected: Double) {
        #expect(DecimalText.parse(text) == expected)
    }

    @Test(arguments: ["", "nan", "inf", "-inf", "1e999", "0x1p3", "e", "-", ".", "1,5", "1_000", "0.5 ", "+1"])
    func whatIsNotANumberIsRefused(_ text: String) {
        #expect((DecimalText.parse(text) as Double?) == nil)
    }

    @Test(arguments: [
        ("prot", "port"), ("api_key", "apiKey"), ("API-KEY", "apiKey"), ("maxAtempts", "maxAttempts"), ("x", nil),
        ("", nil),
        ("something", nil), (String(repeating: "port", count: 1000), nil),
    ])
    func theNearestWordIsSuggested(_ word: String, _ expected: String?) {
        #expect(Spelling.nearest(to: word, among: ["port", "apiKey", "maxAttempts"]) == expected)
    }
}
