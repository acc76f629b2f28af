/// Vectors in bytes, one after the other in contiguous memory: what the first pass of a search reads.
///
/// A vector `v` is kept as whole numbers `c` from -127 to 127 and a scale `s`, with the length `e` of `v - s · c`. That
/// is a quarter of the memory of single precision, and memory is what such a search waits for. A value type: a search
/// works on the state that it took, whatever is added meanwhile.
struct VectorBlock: Sendable {
    /// About how many bytes of codes a block has: small enough to be copied when it changes under a search.
    static let bytes = 1 << 21

    /// The bytes that a vector takes: a multiple of 32, so that the kernel needs no remainder.
    static func stride(of dimension: Int) -> Int { (dimension + 31) & ~31 }

    /// How many vectors of a dimension a block has room for.
    static func capacity(of dimension: Int) -> Int { max(64, bytes / stride(of: dimension)) }

    /// The codes, in little-endian pairs of even and odd places.
    private(set) var codes: [Int8] = []
    /// The numbers of the vectors, ascending.
    private(set) var ids: [Int64] = []
    /// The scales.
    private(set) var scales: [Float] = []
    /// The lengths of what quantising lost, rounded up; negative for a vector that was deleted.
    private(set) var errors: [Float] = []

    /// How many vectors there are, deleted ones included.
    var count: Int { ids.count }

    /// Makes room for a full block at once.
    mutating func reserve(dimension: Int) {
        let capacity = Self.capacity(of: dimension)
        codes.reserveCapacity(capacity * Self.stride(of: dimension))
        ids.reserveCapacity(capacity)
        scales.reserveCapacity(capacity)
        errors.reserveCapacity(capacity)
    }

    /// Appends a stored vector of length 1.
    mutating func append(_ id: Int64, bytes: [UInt8]) {
        let dimension = bytes.count / 4
        let stride = Self.stride(of: dimension)
        let start = codes.count
        codes.append(contentsOf: repeatElement(0, count: stride))
        bytes.withUnsafeBytes { stored in
            var peak: Float = 0
            for index in 0..<dimension { peak = max(peak, abs(stored.float(index))) }
            let scale = peak / 127
            var square = 0.0
            codes.withUnsafeMutableBufferPointer { codes in
                for index in 0..<dimension {
                    let value = stored.float(index)
                    let quotient = value / scale
                    // What is no number, in a damaged file, is like nothing.
                    let nearest = abs(quotient) < 127.5 ? Int32(quotient + (quotient < 0 ? -0.5 : 0.5)) : 0
                    let code = max(-127, min(127, nearest))
                    let difference = Double(value) - Double(scale) * Double(code)
                    square += difference * difference
                    codes[start + index] = Int8(truncatingIfNeeded: code)
                }
            }
            scales.append(scale)
            errors.append(peak > 0 && square.isFinite ? Float(square.squareRoot()) * 1.000_001 + 1e-9 : -1)
        }
        ids.append(id)
    }

    /// Forgets a vector.
    ///
    /// - Returns: Whether it was there.
    mutating func remove(_ id: Int64) -> Bool {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        guard low < ids.count, ids[low] == id, errors[low] >= 0 else { return false }
        errors[low] = -1
        return true
    }
}
