import Testing

@testable import SageMemory

struct UnitVectorTests {
    @Test(
        arguments: [
            [], [0], [0, -0.0], [.nan, 1], [.infinity], [1, -.infinity],
        ] as [[Float]])
    func refusesWhatHasNoDirection(_ numbers: [Float]) {
        #expect(UnitVector(numbers) == nil)
    }

    @Test(
        arguments: [
            [3, 4], [1e-30, 0], [3e38, 3e38, 3e38], [-1e-38],
        ] as [[Float]])
    func bringsAllOthersToLengthOne(_ numbers: [Float]) throws {
        let vector = try #require(UnitVector(numbers))
        let length = vector.values.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(length - 1) < 1e-6)
        #expect(abs(try #require(vector.product(withBytes: vector.bytes)) - 1) < 1e-6)
    }

    @Test func storesNumbersInLittleEndian() throws {
        let vector = try #require(UnitVector([0, 2]))
        #expect(vector.bytes == [0, 0, 0, 0, 0, 0, 0x80, 0x3F])
        #expect(vector.text == "[0.0,1.0]")
        #expect(vector.product(withBytes: [0, 0, 0, 0]) == nil)
    }
}
