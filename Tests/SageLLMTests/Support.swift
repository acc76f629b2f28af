import NIOCore

@testable import SageLLM

/// A small generator with a fixed sequence for each seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func buffer(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

/// Whether the scanner takes the bytes for valid JSON, and the error if not.
func scan(_ bytes: [UInt8], depthLimit: Int = 512) -> JSONScanError? {
    do throws(JSONScanError) {
        try JSONScanner.validate(bytes.span.bytes, depthLimit: depthLimit)
        return nil
    } catch {
        return error
    }
}

func scan(_ text: String, depthLimit: Int = 512) -> JSONScanError? {
    scan([UInt8](text.utf8), depthLimit: depthLimit)
}

/// Makes random JSON documents.
struct DocumentGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func document() -> String { whitespace() + value(depth: 0) + whitespace() }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 9 : 6), using: &random) {
        case 0: return "null"
        case 1: return Bool.random(using: &random) ? "true" : "false"
        case 2, 3: return number()
        case 4, 5: return string()
        case 6: return "[" + list { $0.value(depth: depth + 1) } + "]"
        default:
            return "{" + list { $0.string() + $0.whitespace() + ":" + $0.whitespace() + $0.value(depth: depth + 1) }
                + "}"
        }
    }

    private mutating func list(_ element: (inout Self) -> String) -> String {
        let count = Int.random(in: 0...4, using: &random)
        return (0..<count).map { _ in whitespace() + element(&self) + whitespace() }.joined(separator: ",")
            + whitespace()
    }

    private mutating func number() -> String {
        var text = Bool.random(using: &random) ? "-" : ""
        text += String(UInt32.random(in: 0...(.max), using: &random) >> UInt32.random(in: 0..<32, using: &random))
        if Bool.random(using: &random) { text += "." + String(UInt16.random(in: 0...(.max), using: &random)) }
        if Int.random(in: 0..<3, using: &random) == 0 {
            text += (["e", "E", "e+", "e-"].randomElement(using: &random) ?? "e")
            text += String(Int.random(in: 0...20, using: &random))
        }
        return text
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "model", "choices", " ", "ä", "漢字", "😀", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u0041"#, #"\ud83d\ude00"#,
            "plain text of more than eight bytes", "\u{7F}", "{", "]", ",",
        ]
        let count = Int.random(in: 0...6, using: &random)
        return "\"" + (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined() + "\""
    }

    private mutating func whitespace() -> String {
        ["", "", "", " ", "\n", "\r\n", "\t"].randomElement(using: &random) ?? ""
    }
}
