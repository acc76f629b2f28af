/// A query in whole numbers of 16 bits, for the first pass over quantised vectors.
struct QuantizedQuery: Sendable {
    /// The even and the odd places, as the kernel takes them; padded with zeros.
    let even: [Int16]
    let odd: [Int16]
    /// What one unit stands for.
    let scale: Float
    /// The length of the difference to the vector itself, rounded up.
    let error: Float

    /// Quantises a vector.
    ///
    /// The largest number is so small that no sum of products with bytes leaves 32 bits.
    init(_ vector: UnitVector) {
        let stride = VectorBlock.stride(of: vector.values.count)
        let largest = min(32_767, Double(Int32.max / (127 * Int32(stride))))
        let peak = vector.values.reduce(0) { max($0, Double(abs($1))) }
        let step = peak / largest
        var even = [Int16](repeating: 0, count: stride / 2)
        var odd = even
        var square = 0.0
        for (index, value) in vector.values.enumerated() {
            let whole = (Double(value) / step).rounded()
            let difference = Double(value) - Double(Float(step)) * whole
            square += difference * difference
            if index % 2 == 0 { even[index / 2] = Int16(whole) } else { odd[index / 2] = Int16(whole) }
        }
        self.even = even
        self.odd = odd
        self.scale = Float(step)
        self.error = Float(square.squareRoot()) * 1.000_001 + 1e-9
    }
}
