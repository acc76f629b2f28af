/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes at a step.
///
/// It finds every burst of up to 32 flipped bits; it is no protection against who wants to deceive.
public struct CRC32C: Sendable, Hashable {
    private var state: UInt32 = ~0

    /// Starts over nothing.
    public init() {}

    /// The checksum of bytes.
    public init(of bytes: [UInt8]) { update(bytes) }

    /// The checksum of everything so far.
    public var value: UInt32 { ~state }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds the bytes of a text.
    mutating func update(text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// Adds the eight bytes of an integer, the least significant first.
    mutating func update(integer: Int64) {
        Self.tables.withUnsafeBufferPointer { state = Self.advanced(state, by: UInt64(bitPattern: integer), $0) }
    }

    private mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state = Self.tables.withUnsafeBufferPointer { tables in
            var state = state
            var index = 0
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                state = Self.advanced(state, by: word, tables)
                index += 8
            }
            while index < bytes.count {
                state = state >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: state) ^ bytes[index])]
                index += 1
            }
            return state
        }
    }

    /// The state after eight more bytes, the least significant first.
    @inline(__always)
    private static func advanced(
        _ state: UInt32, by bytes: UInt64, _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        let word = bytes ^ UInt64(state)
        var next: UInt32 = 0
        for place in 0..<8 {
            next ^= tables[(7 - place) * 256 + Int(UInt8(truncatingIfNeeded: word >> UInt64(place * 8)))]
        }
        return next
    }

    /// Eight tables of 256: the k-th advances a byte over k further bytes of zeros.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
            tables[byte] = remainder
        }
        for index in 256..<8 * 256 {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()
}
