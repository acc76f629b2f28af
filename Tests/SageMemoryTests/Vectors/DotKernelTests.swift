import SageTesting
import Testing

@testable import SageMemory

struct DotKernelTests {
    @Test(arguments: [1, 2, 31, 32, 100, 384, 16_000])
    func multipliesAsWholeNumbersDo(_ dimension: Int) throws {
        var generator = SeededGenerator(seed: UInt64(dimension))
        let numbers = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        let query = QuantizedQuery(try #require(UnitVector(numbers)))
        let stride = VectorBlock.stride(of: dimension)
        let rows = 5
        // The largest codes in row 0: the greatest sum there can be.
        let codes = (0..<(rows * stride)).map { index in
            if index < stride {
                return (index % 2 == 0 ? query.even[index / 2] : query.odd[index / 2]) < 0 ? -127 : 127 as Int8
            }
            return Int8.random(in: -127...127, using: &generator)
        }
        let products = [Int32](unsafeUninitializedCapacity: rows) { buffer, count in
            codes.withUnsafeBufferPointer {
                DotKernel.products($0, query, rows: rows, stride: stride, into: buffer)
            }
            count = rows
        }
        for row in 0..<rows {
            var sum = 0
            for index in 0..<stride {
                let place = index % 2 == 0 ? query.even[index / 2] : query.odd[index / 2]
                sum += Int(codes[row * stride + index]) * Int(place)
            }
            #expect(Int(products[row]) == sum)
        }
    }

    @Test func losesLittleOfAQuery() throws {
        let vector = try #require(UnitVector((0..<384).map { Float($0 % 17) - 8 }))
        #expect(QuantizedQuery(vector).error < 0.000_1)
    }
}
