/// The inner loop of a search.
enum DotKernel {
    /// The products of a query with each of a number of rows.
    ///
    /// Two codes are read as one word of 16 bits, whose upper half is the odd place and whose lower half, shifted up and
    /// down again, is the even one. In this shape the compiler makes vector instructions of it that multiply eight pairs
    /// and add them up two by two, on every x86-64 and ARM processor, without a choice at run time.
    ///
    /// - Parameters:
    ///   - codes: The rows, `stride` bytes each.
    ///   - query: A query of the same dimension.
    ///   - rows: How many rows there are.
    ///   - stride: The bytes of a row.
    ///   - results: Room for `rows` numbers.
    static func products(
        _ codes: UnsafeBufferPointer<Int8>, _ query: QuantizedQuery, rows: Int, stride: Int,
        into results: UnsafeMutableBufferPointer<Int32>
    ) {
        query.even.withUnsafeBufferPointer { even in
            query.odd.withUnsafeBufferPointer { odd in
                guard let codes = codes.baseAddress, let even = even.baseAddress, let odd = odd.baseAddress,
                    let results = results.baseAddress
                else { return }
                let half = stride / 2
                UnsafeRawPointer(codes).withMemoryRebound(to: Int16.self, capacity: rows &* half) { words in
                    for row in 0..<rows {
                        let pairs = words + row &* half
                        var sum: Int32 = 0
                        for index in 0..<half {
                            let pair = pairs[index]
                            sum &+= Int32(pair &>> 8) &* Int32(odd[index])
                            sum &+= Int32((pair &<< 8) &>> 8) &* Int32(even[index])
                        }
                        results[row] = sum
                    }
                }
            }
        }
    }
}
