public import SageResilience

/// The id of a trace: 16 bytes, not all of them zero.
public struct TraceID: Sendable, Hashable, CustomStringConvertible {
    /// The first eight bytes.
    public let high: UInt64
    /// The last eight bytes, by which a share of traces is chosen.
    public let low: UInt64

    /// Creates an id from its bytes; nil when all of them are zero, which means that there is no id.
    ///
    /// - Parameters:
    ///   - high: The first eight bytes.
    ///   - low: The last eight bytes.
    public init?(high: UInt64, low: UInt64) {
        guard high != 0 || low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    /// Creates a random id.
    ///
    /// - Parameter random: Where the bytes come from.
    public init(random: RandomSource) {
        high = random.bits()
        // Any other value than zero does.
        low = max(1, random.bits())
    }

    /// The 32 lower-case hexadecimal digits.
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        HexText.append(high, to: &bytes)
        HexText.append(low, to: &bytes)
    }
}

/// The id of a span within its trace: 8 bytes, not all of them zero.
public struct SpanID: Sendable, Hashable, CustomStringConvertible {
    /// The bytes.
    public let value: UInt64

    /// Creates an id from its bytes; nil when all of them are zero, which means that there is no id.
    ///
    /// - Parameter value: The bytes.
    public init?(_ value: UInt64) {
        guard value != 0 else { return nil }
        self.value = value
    }

    /// Creates a random id.
    ///
    /// - Parameter random: Where the bytes come from.
    public init(random: RandomSource) {
        value = max(1, random.bits())
    }

    /// The 16 lower-case hexadecimal digits.
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        HexText.append(value, to: &bytes)
    }
}

extension RandomSource {
    /// 64 random bits, put together from two draws, since one has 53.
    fileprivate func bits() -> UInt64 {
        let upper = UInt64(unitInterval() * 0x1p32)
        let lower = UInt64(unitInterval() * 0x1p32)
        return upper << 32 | lower
    }
}
