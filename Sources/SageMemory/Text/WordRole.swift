/// How a scalar takes part in words.
enum WordRole {
    /// Ends a word.
    case separator
    /// A letter or digit of a script whose words stand apart.
    case letter
    /// A character of a script without spaces between words, or with words of many parts: Chinese, Japanese, Korean,
    /// Thai, Lao, Khmer, Burmese.
    case ideograph

    /// The role of a folded scalar.
    init(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            switch UInt8(scalar.value) {
            case 0x30...0x39, 0x61...0x7A: self = .letter
            default: self = .separator
            }
            return
        }
        switch scalar.value {
        case 0x3005...0x3007, 0x3041...0x3096, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x3105...0x312F, 0x31A0...0x31BF,
            0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA48C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFF66...0xFF9F, 0x20000...0x3FFFF, 0x0E01...0x0E3A, 0x0E40...0x0E4E, 0x0E81...0x0EDF, 0x1000...0x103F,
            0x1780...0x17D3:
            self = .ideograph
        default:
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
                .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
                self = .letter
            default:
                self = .separator
            }
        }
    }
}
