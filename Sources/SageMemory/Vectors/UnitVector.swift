/// A vector of length 1: what is stored and compared, so that the product of two is the cosine of their angle.
struct UnitVector: Sendable, Hashable {
    /// The numbers.
    let values: [Float]

    /// Brings a vector to length 1; nil when it has no direction: empty, all zeros, NaN or infinite.
    init?(_ vector: [Float]) {
        // In double precision, where squares of what fits in single precision neither overflow nor vanish.
        let square = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square > 0, square.isFinite else { return nil }
        let scale = 1 / square.squareRoot()
        values = vector.map { Float(Double($0) * scale) }
    }

    /// The stored form: little-endian single precision.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: values.count * 4) { buffer, count in
            for (index, value) in values.enumerated() {
                UnsafeMutableRawPointer(buffer.baseAddress?.advanced(by: index * 4))?
                    .storeBytes(of: value.bitPattern.littleEndian, as: UInt32.self)
            }
            count = values.count * 4
        }
    }

    /// The form that pgvector reads.
    var text: String { "[\(values.map(\.description).joined(separator: ","))]" }

    /// The product with a stored vector in double precision; nil when that has another length.
    func product(withBytes bytes: [UInt8]) -> Double? {
        guard bytes.count == values.count * 4 else { return nil }
        return values.withUnsafeBufferPointer { query in
            bytes.withUnsafeBytes { stored in
                var sums = SIMD4<Double>.zero
                let whole = query.count & ~3
                for index in stride(from: 0, to: whole, by: 4) {
                    let one = SIMD4<Float>(query[index], query[index + 1], query[index + 2], query[index + 3])
                    let other = SIMD4<Float>(
                        stored.float(index), stored.float(index + 1), stored.float(index + 2), stored.float(index + 3))
                    sums += SIMD4<Double>(one) * SIMD4<Double>(other)
                }
                var sum = sums.sum()
                for index in whole..<query.count { sum += Double(query[index]) * Double(stored.float(index)) }
                return sum
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The stored number at an index.
    func float(_ index: Int) -> Float {
        Float(bitPattern: UInt32(littleEndian: loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)))
    }
}
