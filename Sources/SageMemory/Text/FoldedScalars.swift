/// Brings what people take for the same letter to the same form: case, width and diacritics.
///
/// By the tables of the standard library and ``FoldingTable``, one scalar after the other; no locale takes part, so that
/// a text folds to the same everywhere.
enum FoldedScalars {
    /// Calls `body` for each scalar that a scalar becomes: usually one, none for a combining mark.
    @inline(__always)
    static func fold(_ scalar: Unicode.Scalar, _ body: (Unicode.Scalar) -> Void) {
        if scalar.isASCII {
            let value = UInt8(scalar.value)
            body(Unicode.Scalar(value >= 0x41 && value <= 0x5A ? value + 0x20 : value))
        } else {
            foldBeyondASCII(scalar, body)
        }
    }

    private static func foldBeyondASCII(_ scalar: Unicode.Scalar, _ body: (Unicode.Scalar) -> Void) {
        switch scalar.value {
        // Combining marks, soft hyphens, joiners and marks of byte order.
        case 0x0300...0x036F, 0x00AD, 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: return
        // The wide forms of ASCII.
        case 0xFF01...0xFF5E:
            if let narrow = Unicode.Scalar(scalar.value - 0xFEE0) { fold(narrow, body) }
        // Scripts without case.
        case 0x2E80...0xA4CF, 0xAC00...0xD7AF, 0x20000...0x3FFFF: body(scalar)
        default:
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                switch lower {
                case "æ":
                    body("a")
                    body("e")
                case "œ":
                    body("o")
                    body("e")
                case "ß":
                    body("s")
                    body("s")
                default:
                    if (0x0300...0x036F).contains(lower.value) { continue }
                    body(FoldingTable.fold(lower) ?? lower)
                }
            }
        }
    }
}
