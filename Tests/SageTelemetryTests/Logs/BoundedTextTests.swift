import Testing

@testable import SageTelemetry

struct BoundedTextTests {
    @Test(arguments: [
        ("openai", "openai"), ("", ""), ("Zürich 🚆", "Zürich 🚆"), ("a\nb\r\tc\u{0}", "a?b??c?"),
        ("a\u{202e}b\u{2028}c\u{1b}[31m", "a?b?c?[31m"),
        (String(repeating: "x", count: 128), String(repeating: "x", count: 128)),
        (String(repeating: "x", count: 129), String(repeating: "x", count: 128) + "…"),
        (String(repeating: "é", count: 1_000), String(repeating: "é", count: 128) + "…"),
    ])
    func cutsAndCleans(_ text: String, _ expected: String) {
        #expect(BoundedText.bounded(text) == expected)
    }

    @Test func boundsCharactersOfManyScalars() {
        let character = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(BoundedText.bounded(character).unicodeScalars.count == 129)
    }
}
