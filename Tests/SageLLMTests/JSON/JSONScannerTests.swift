import Testing

@testable import SageLLM

struct JSONScannerTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "123456789012345678901234567890", "0.5", "-0.1e10",
        "1E+2", "1e-2", "1.0E0", #""""#, #""a""#, #""\u0000""#, #""\"\\\/\b\f\n\r\t""#, #""\uD800""#,
        #""\udc00\ud800""#,
        "\"\u{7F}\"", "\"\u{2028}\"", "\"é漢😀\u{10FFFF}\"", "\"\u{D7FF}\u{E000}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\"",
        "[]", "[ ]", "[1]", "[1,2]", "[[[]]]", "[{}]", "{}", "{ }", #"{"a":1}"#, #"{"":[]}"#, #"{"a":{"b":{}},"c":[]}"#,
        #"{"a":1,"a":2}"#, " \t\r\n[ 1 , 2 ] \n", "[\n]", "\"12345678901234567890123456789012\"",
        #"["0123456","01234567","012345678"]"#, #""0123456\n01234567é""#,
    ])
    func acceptsValidDocument(_ document: String) {
        #expect(scan(document) == nil)
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,", .unexpectedEnd, 3), ("{", .unexpectedEnd, 1), (#"{"a""#, .unexpectedEnd, 4),
            (#"{"a":"#, .unexpectedEnd, 5), (#"{"a":1"#, .unexpectedEnd, 6), (#"{"a":1,"#, .unexpectedEnd, 7),
            (#"""#, .unexpectedEnd, 1), (#""\"#, .unexpectedEnd, 2), (#""\u00"#, .unexpectedEnd, 5),
            ("-", .unexpectedEnd, 1),
            ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3),
            ("tru", .unexpectedEnd, 0),
            ("[1,]", .unexpectedByte(expected: "a value"), 3), ("[,1]", .unexpectedByte(expected: "a value"), 1),
            ("[1 2]", .unexpectedByte(expected: "a comma or ]"), 3),
            ("[1}", .unexpectedByte(expected: "a comma or ]"), 2),
            ("{]", .unexpectedByte(expected: "a key in quotes"), 1),
            ("{1:2}", .unexpectedByte(expected: "a key in quotes"), 1),
            (#"{"a":1,}"#, .unexpectedByte(expected: "a key in quotes"), 7),
            (#"{"a" 1}"#, .unexpectedByte(expected: "a colon"), 5),
            (#"{"a":}"#, .unexpectedByte(expected: "a value"), 5),
            (#"{"a":1]"#, .unexpectedByte(expected: "a comma or }"), 6),
            (#"{"a":1 "b":2}"#, .unexpectedByte(expected: "a comma or }"), 7),
            ("'a'", .unexpectedByte(expected: "a value"), 0),
            ("NaN", .unexpectedByte(expected: "a value"), 0), ("+1", .unexpectedByte(expected: "a value"), 0),
            (".5", .unexpectedByte(expected: "a value"), 0), ("]", .unexpectedByte(expected: "a value"), 0),
            ("// c\n1", .unexpectedByte(expected: "a value"), 0), ("\u{C}1", .unexpectedByte(expected: "a value"), 0),
            ("\u{A0}1", .unexpectedByte(expected: "a value"), 0), ("nul1", .invalidLiteral, 0),
            ("True", .unexpectedByte(expected: "a value"), 0),
            ("fal", .unexpectedEnd, 0), ("nulls", .trailingContent, 4), ("01", .invalidNumber, 1),
            ("-01", .invalidNumber, 2),
            ("-a", .invalidNumber, 1), ("1.a", .invalidNumber, 2), ("1ea", .invalidNumber, 2),
            ("1.e1", .invalidNumber, 2),
            ("0x1", .trailingContent, 1), ("1 2", .trailingContent, 2), ("[]]", .trailingContent, 2),
            ("{}}", .trailingContent, 2),
            ("\"\n\"", .controlCharacter, 1), ("\"a\u{0}\"", .controlCharacter, 2),
            ("\"01234567\u{1F}\"", .controlCharacter, 9),
            (#""\a""#, .invalidEscape, 1), (#""\'""#, .invalidEscape, 1), (#""\u12g4""#, .invalidEscape, 1),
            (#""\U0041""#, .invalidEscape, 1), ("\u{FEFF}{}", .byteOrderMark, 0),
        ] as [(String, JSONScanError.Reason, Int)])
    func refusesInvalidDocument(_ document: String, _ reason: JSONScanError.Reason, _ offset: Int) {
        let error = scan(document)
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2, 0x20], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x28, 0xA1],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE2, 0x82, 0x20],
        ] as [[UInt8]])
    func refusesInvalidUTF8(_ sequence: [UInt8]) {
        #expect(scan([.quote] + sequence + [.quote])?.reason == .invalidUTF8)
        #expect(scan([.openBrace, .quote] + sequence + [UInt8](#"":1}"#.utf8))?.reason == .invalidUTF8)
        // Behind eight plain bytes another path of the scanner finds it.
        #expect(scan([.quote] + [UInt8]("01234567".utf8) + sequence + [.quote])?.offset == 9)
    }

    @Test func scalarsAreAcceptedAndSurrogatesRefused() {
        let scalars = stride(from: UInt32(0x80), through: 0x10FFFF, by: 11).lazy.compactMap(Unicode.Scalar.init)
        #expect(scan([.quote] + scalars.flatMap { [UInt8](String($0).utf8) } + [.quote]) == nil)
        for value in stride(from: UInt32(0xD800), through: 0xDFFF, by: 5) {
            let encoded = [0xE0 | UInt8(value >> 12), 0x80 | UInt8(value >> 6 & 0x3F), 0x80 | UInt8(value & 0x3F)]
            #expect(scan([.quote] + encoded + [.quote])?.reason == .invalidUTF8)
        }
    }

    @Test(arguments: [1, 2, 63, 64, 65, 127, 128, 129, 512])
    func depthLimitCountsContainers(_ depth: Int) {
        let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let objects = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        for document in [arrays, objects] {
            #expect(scan(document, depthLimit: depth) == nil)
            #expect(scan(document, depthLimit: depth - 1)?.reason == .tooDeep(limit: depth - 1))
        }
    }

    @Test func mixedNestingRemembersEveryLevel() {
        var open = ""
        var close = ""
        var random = SeededGenerator(seed: 5)
        for _ in 0..<400 {
            let isObject = Bool.random(using: &random)
            open += isObject ? #"{"k":"# : "[1,"
            close = (isObject ? #","z":[]}"# : ",{}]") + close
        }
        #expect(scan(open + "0" + close) == nil)
        for cut in stride(from: 1, to: close.utf8.count, by: 13) {
            #expect(scan(open + "0" + String(close.dropLast(cut)))?.reason == .unexpectedEnd)
        }
    }

    @Test func millionBracketsAreRefusedWithoutExhaustingTheStack() {
        #expect(scan([UInt8](repeating: .openBracket, count: 1_000_000))?.reason == .tooDeep(limit: 512))
        let deep = [UInt8](repeating: .openBracket, count: 200_000)
        #expect(scan(deep, depthLimit: .max)?.reason == .unexpectedEnd)
    }

    @Test func errorNamesLineAndColumnInCodePoints() {
        let error = scan("{\n  \"é\": x\n}")
        #expect(error?.offset == 10)
        #expect(error?.line == 2)
        #expect(error?.column == 8)
        #expect(error?.description == "invalid JSON at line 2, column 8 (byte 10): expected a value")
    }
}
