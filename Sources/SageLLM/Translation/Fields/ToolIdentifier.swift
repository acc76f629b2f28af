/// Makes the ids of tool calls fit for a provider; equal ids stay equal, so that a result finds its call.
enum ToolIdentifier {
    /// Anthropic allows letters, digits, `_` and `-` only.
    static func anthropic(_ id: String) -> String {
        guard !id.utf8.allSatisfy(isPlain) || id.isEmpty || id.utf8.count > 128 else { return id }
        return "toolu_" + digest(id)
    }

    /// OpenAI allows 40 bytes.
    static func openAI(_ id: String) -> String {
        guard id.isEmpty || id.utf8.count > 40 else { return id }
        return "call_" + digest(id)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// 128 bits of two Fowler-Noll-Vo hashes: not meant to resist anybody, since an id means something only within the
    /// conversation of its author.
    private static func digest(_ id: String) -> String {
        var forward: UInt64 = 0xCBF2_9CE4_8422_2325
        var backward = forward
        for byte in id.utf8 { forward = (forward ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in id.utf8.reversed() { backward = (backward ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hexadecimal(forward) + hexadecimal(backward)
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
