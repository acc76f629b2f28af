import Testing

@testable import SageGateway

struct QuantityTests {
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

    @Test(arguments: [
        ("prot", "port"), ("api_key", "apiKey"), ("API-KEY", "apiKey"), ("maxAtempts", "maxAttempts"), ("x", nil),
        ("", nil),
        ("something", nil), (String(repeating: "port", count: 1000), nil),
    ])
    func theNearestWordIsSuggested(_ word: String, _ expected: String?) {
        #expect(Spelling.nearest(to: word, among: ["port", "apiKey", "maxAttempts"]) == expected)
    }
}
