/// The hash of a feature: FNV-1a of 64 bits with the finaliser of MurmurHash3, whose every bit depends on each byte.
///
/// Stored vectors depend on it: it never changes.
struct FeatureHash {
    /// What is hashed; the same letters as a word and as a part of one are different features.
    enum Kind: UInt8 {
        /// A whole word.
        case word = 1
        /// One character.
        case single = 2
        /// Two characters.
        case pair = 3
        /// Three letters of a word.
        case trigram = 4
        /// A whole text without words.
        case raw = 5
    }

    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Begins a hash.
    init(_ kind: Kind) { mix(kind.rawValue) }

    /// Hashes bytes.
    init(_ kind: Kind, _ bytes: some Sequence<UInt8>) {
        self.init(kind)
        for byte in bytes { mix(byte) }
    }

    /// Takes a scalar in, as three bytes.
    mutating func mix(_ scalar: Unicode.Scalar) {
        mix(UInt8(truncatingIfNeeded: scalar.value))
        mix(UInt8(truncatingIfNeeded: scalar.value >> 8))
        mix(UInt8(truncatingIfNeeded: scalar.value >> 16))
    }

    private mutating func mix(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    /// The hash of all that was taken in.
    var finished: UInt64 {
        var bits = state
        bits = (bits ^ bits >> 33) &* 0xFF51_AFD7_ED55_8CCD
        bits = (bits ^ bits >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return bits ^ bits >> 33
    }
}
