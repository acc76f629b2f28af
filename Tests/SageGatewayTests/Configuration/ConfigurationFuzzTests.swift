import Testing

@testable import SageGateway

struct ConfigurationFuzzTests {
    private static let pieces = [
        "${", "}", "$", "*", "&a ", "*a", "\"", "'", ": ", "- ", "[", "]", "{", "}", "\n", "\t", "#", "|\n", ">\n",
        "? ", "!!int ",
        "\0", "\u{E000}", "é", "\u{301}", "99999999999999999999", "-1", "nan", "1e999", "null", "~", "<<: ", "---\n",
        "%YAML 9\n",
        "\u{2028}", "\u{85}", "\r",
    ].map { Array($0.utf8) }

    /// Whatever is done to the example, it loads or is refused with lines that fit a terminal; nothing traps.
    @Test(arguments: 0..<20)
    func aDamagedExampleIsLoadedOrRefused(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        let example = Array(GatewayConfiguration.exampleFile.utf8)
        for _ in 0..<60 {
            var bytes = example
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 40))
                case 3: bytes += bytes[place..<min(bytes.count, place + 200)]
                default:
                    bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
                }
            }
            for line in complaints(bytes: bytes) {
                #expect(line.hasPrefix("sage.yaml:") && !Printable.hasControlCharacters(line))
            }
        }
    }
}

/// Steele, Lea and Flood's generator, for tests that repeat.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
