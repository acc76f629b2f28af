import SageSessions
import Testing

struct JSONTextTests {
    @Test(
        arguments: [
            (" { \"b\" : 1.50 , \"a\" : [ true , null ] } ", #"{"b":1.50,"a":[true,null]}"#), ("-0.0e+07", "-0.0e+07"),
            ("123456789012345678901234567890", "123456789012345678901234567890"), (#""\u00e9\/\b""#, "\"é/\\u0008\""),
            (#"{"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#), (#""\ud83d\ude42""#, "\"🙂\""),
            (#""\ud800x""#, "\"\u{FFFD}x\""), (#""\udc00\ud800""#, "\"\u{FFFD}\u{FFFD}\""),
            (#""\ud800\u0041""#, "\"\u{FFFD}A\""), (#""\u0000""#, #""\u0000""#), ("\u{FEFF}{}", "{}"),
            ("{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"\u{E9}\":1,\"e\u{301}\":2}"),
        ])
    func isCompactAndKeepsWhatWasWritten(text: String, expected: String) throws {
        #expect(Array(try JSONText(text).text.utf8) == Array(expected.utf8))
    }

    @Test(
        arguments: [
            "", " ", "{", "[1,", "[1 2]", "{\"a\"}", "{a:1}", "\"", "\"\\", "\"\\u12", "\"\\x\"", "\"\n\"", "01", "1.",
            "-", "1e", ".5", "+1", "tru", "trux", "nul", "NaN", "Infinity", "-Infinity", "[1]]", "{} {}", "[,]", "'a'",
            "{\"a\":1,}", "[1,]", "\u{0}", "\"\\ud80\"",
        ])
    func refusesWhatIsNoJSON(text: String) {
        let error = #expect(throws: JSONTextError.self) { try JSONText(text) }
        #expect(error?.description.hasPrefix("line 1, column ") ?? false)
    }

    @Test func saysWhere() {
        let error = #expect(throws: JSONTextError.self) { try JSONText("{\n  \"a\": 1,\n  \"b\": x\n}") }
        #expect(error?.line == 3)
        #expect(error?.column == 8)
        #expect(error?.description == "line 3, column 8: found 'x'; allowed is a JSON value")
    }

    @Test(arguments: [(128, true), (129, false), (100_000, false)])
    func depthIsBounded(depth: Int, isAllowed: Bool) {
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(((try? JSONText(text)) != nil) == isAllowed)
        let objects = String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
        #expect(((try? JSONText(objects)) != nil) == isAllowed)
    }

    @Test func sizeIsBounded() {
        let error = #expect(throws: JSONTextError.self) {
            try JSONText("[1,2,3,4,5]", limits: JSONLimits(maximumBytes: 10))
        }
        #expect(error?.description == "the JSON text has 11 bytes; allowed are 10")
    }

    @Test func brokenUTF8BecomesTheReplacementCharacter() throws {
        let bytes: [UInt8] = [0x22, 0x61, 0xFF, 0xC3, 0x62, 0x22]
        #expect(try JSONText(bytes: bytes).text == "\"a\u{FFFD}\u{FFFD}b\"")
    }

    @Test func aHostileObjectTakesNoQuadraticTime() throws {
        let members = (0..<20_000).map { "\"k\($0 % 15_000)\":\($0)" }.joined(separator: ",")
        let node = try JSONNode(parsing: Array("{\(members)}".utf8))
        #expect(node.objectValue?.count == 15_000)
        #expect(node["k0"]?.integerValue == 15_000)
    }

    /// Strings are read and written eight bytes at a step.
    @Test(arguments: 0..<18)
    func whatIsEscapedIsFoundAtEveryPlace(place: Int) throws {
        let scalars = (0..<0x20 as Range<UInt8>).map { Unicode.Scalar($0) } + " !\"#[\\]a\u{7F}".unicodeScalars
        for scalar in scalars {
            for rest in ["", "\u{E9}", "\"", "xxxxxxx", "\u{E9}\u{1F642}\u{7F}\n\\\u{80}tail of it"] {
                let text = String(repeating: "a", count: place) + String(scalar) + rest
                let expected = "\"" + text.unicodeScalars.map(Self.escaped).joined() + "\""
                let written = JSONNode.string(text).jsonBytes
                #expect(written == Array(expected.utf8))
                #expect(try JSONNode(parsing: written).stringValue == text)
                // A control character that is not escaped is no JSON, wherever it stands.
                let bare = Array("\"\(text)\"".utf8)
                let isPlain = text.unicodeScalars.allSatisfy { Self.escaped($0) == String($0) }
                let parsed = try? JSONNode(parsing: bare)
                if isPlain { #expect(parsed?.stringValue == text) }
                if text.utf8.contains(where: { $0 < 0x20 }) { #expect(parsed == nil) }
            }
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\"", "\\": return "\\\(scalar)"
        case "\0"..<" ": return "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: return String(scalar)
        }
    }
}
