import SageResilience
import Testing

@testable import SageStorage

struct StorageTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("two\nlines\t", "two\u{fffd}lines\u{fffd}"), ("\u{1b}[2J", "\u{fffd}[2J"),
        ("\u{9b}2J", "\u{fffd}2J"), ("a\u{2028}b\u{2029}c", "a\u{fffd}b\u{fffd}c"), ("nul\0", "nul\u{fffd}"),
        ("Grüße 👩‍👧", "Grüße 👩‍👧"), ("\r\n", "\u{fffd}\u{fffd}"),
    ])
    func aMessageShowsTextOnOneLine(text: String, shown: String) {
        #expect(StorageText.printable(text) == shown)
        #expect(StorageText.quoted(text) == "'\(shown)'")
    }

    @Test func aMessageShowsShortText() {
        #expect(StorageText.printable("abcd", limit: 4) == "abcd")
        #expect(StorageText.printable("abcde", limit: 4) == "abcd...")
        #expect(StorageText.quoted(String(repeating: "é", count: 101)) == "'\(String(repeating: "é", count: 100))...'")
    }

    @Test(arguments: [
        ("", ""), ("my db", "my%20db"), ("a/b?c#d%", "a%2Fb%3Fc%23d%25"), ("\n", "%0A"), ("é", "%C3%A9"),
        ("A-z_0.9~", "A-z_0.9~"),
    ])
    func encodesAPartOfAURLAndReadsItBack(text: String, encoded: String) throws {
        #expect(StorageText.encoded(text) == encoded)
        #expect(try StorageText.decoded(encoded[...], "field") == text)
    }

    @Test(arguments: ["%", "a%2", "%zz", "%+1", "%-1", "% 1", "%1g"])
    func refusesWhatIsNotEncoded(text: String) {
        let error = #expect(throws: ConfigurationError.self) { try StorageText.decoded(text[...], "part") }
        #expect(error?.field == "part")
        #expect(error?.value == "'\(text)'")
        #expect(error?.allowed.contains("hexadecimal") == true)
    }

    @Test(arguments: ["a%00", "%ff", "%c3", "%ed%a0%80"])
    func refusesWhatIsNoText(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try StorageText.decoded(text[...], "part", isSecret: true)
        }
        #expect(error?.value == "wrongly encoded")
        #expect(error?.allowed.contains("UTF-8") == true)
    }

    @Test(
        arguments: [
            ("0", 0), ("007", 7), ("9223372036854775807", .max), ("9223372036854775808", nil), ("", nil), ("+1", nil),
            ("-1", nil), (" 1", nil), ("1e3", nil), ("١", nil),
        ] as [(String, Int?)])
    func aNumberHasDigitsAlone(text: String, number: Int?) {
        #expect(StorageText.number(text) == number)
    }

    @Test(
        arguments: [
            ("redis://host", "redis"), ("SQLite:a", "sqlite"), ("a:", "a"), ("host", nil), ("", nil), (":a", nil),
            ("1a:b", nil), ("/var/a:b", nil), (String(repeating: "a", count: 33) + ":", nil),
        ] as [(String, String?)])
    func findsTheSchemeOfAURL(url: String, scheme: String?) {
        #expect(StorageText.scheme(of: url) == scheme)
    }
}
