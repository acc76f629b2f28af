import SageTesting
import Testing

@testable import SageMemory

/// The search in two passes against the plain one.
struct VectorTableTests {
    /// Vectors of different character: even, with outliers, in tight clusters, sparse.
    enum Kind: CaseIterable { case even, outliers, clusters, sparse, equal }

    private func vectors(
        _ kind: Kind, _ count: Int, _ dimension: Int, _ generator: inout SeededGenerator
    ) throws -> [UnitVector] {
        let centre = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        return try (0..<count).map { _ in
            var numbers = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
            switch kind {
            case .even: break
            case .outliers: numbers[0] *= 40
            case .clusters: for index in numbers.indices { numbers[index] = centre[index] + numbers[index] / 1_000 }
            case .sparse:
                for index in numbers.indices where index % 7 != 0 { numbers[index] = 0 }
            case .equal: numbers = centre
            }
            return try #require(UnitVector(numbers))
        }
    }

    @Test(arguments: Kind.allCases, [1, 3, 31, 32, 33, 384, 1_536])
    func neverMissesOneOfTheBest(_ kind: Kind, _ dimension: Int) throws {
        var generator = SeededGenerator(seed: UInt64(dimension))
        let stored = try vectors(kind, 300, dimension, &generator)
        var table = VectorTable(dimension: dimension)
        for (index, vector) in stored.enumerated() { table.append(Int64(index + 1), bytes: vector.bytes) }
        let query = try #require(try vectors(kind, 1, dimension, &generator).first)
        for limit in [1, 10, 299, 400] {
            let exact = stored.enumerated()
                .compactMap { index, vector in query.product(withBytes: vector.bytes).map { (Int64(index + 1), $0) } }
                .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
            let candidates = table.candidates(for: query, limit: limit)
            let bounds = Dictionary(uniqueKeysWithValues: candidates.map { ($0.id, $0.upperBound) })
            for (id, score) in exact.prefix(limit) {
                let bound = try #require(bounds[id], "\(id) is missing")
                #expect(bound >= score)
            }
            #expect(candidates.map(\.upperBound) == candidates.map(\.upperBound).sorted(by: >))
        }
    }

    @Test func leavesMostVectorsOut() throws {
        var generator = SeededGenerator(seed: 7)
        let stored = try vectors(.even, 2_000, 384, &generator)
        var table = VectorTable(dimension: 384)
        for (index, vector) in stored.enumerated() { table.append(Int64(index + 1), bytes: vector.bytes) }
        #expect(table.candidates(for: stored[5], limit: 10).count < 200)
        #expect(table.bytes == 2_000 * (384 + 16))
    }

    @Test func forgetsWhatWasRemovedAndKeepsTheRest() throws {
        var generator = SeededGenerator(seed: 8)
        let stored = try vectors(.even, 400, 16, &generator)
        var table = VectorTable(dimension: 16)
        for (index, vector) in stored.enumerated() { table.append(Int64(index + 1) * 3, bytes: vector.bytes) }
        let before = table
        for id in [3, 600, 1_200, 1_200, 4, 0, 9_999] as [Int64] { table.remove(id) }
        #expect(table.count == 397)
        let left = Set(table.candidates(for: stored[0], limit: 400).map(\.id))
        #expect(left == Set((1...400).map { Int64($0) * 3 }).subtracting([3, 600, 1_200]))
        // A value type: whoever took it earlier still has all.
        #expect(before.candidates(for: stored[0], limit: 400).count == 400)
    }

    @Test func searchesSeveralBlocksAtOnce() throws {
        let dimension = 8_192
        let capacity = VectorBlock.capacity(of: dimension)
        var generator = SeededGenerator(seed: 9)
        let stored = try vectors(.even, capacity * 3 + 1, dimension, &generator)
        var table = VectorTable(dimension: dimension)
        for (index, vector) in stored.enumerated() { table.append(Int64(index + 1), bytes: vector.bytes) }
        #expect(table.blocks.count == 4)
        for (index, vector) in stored.enumerated() where index % 50 == 0 {
            #expect(table.candidates(for: vector, limit: 1).first?.id == Int64(index + 1))
        }
    }

    @Test func considersOnlyWhatIsIncluded() throws {
        var generator = SeededGenerator(seed: 10)
        let stored = try vectors(.even, 100, 32, &generator)
        var table = VectorTable(dimension: 32)
        for (index, vector) in stored.enumerated() { table.append(Int64(index + 1), bytes: vector.bytes) }
        let found = table.candidates(for: stored[0], limit: 100) { $0 % 2 == 0 }
        #expect(Set(found.map(\.id)) == Set((1...50).map { Int64($0 * 2) }))
    }

    @Test func leavesOutWhatIsDamaged() throws {
        var table = VectorTable(dimension: 2)
        let good = try #require(UnitVector([1, 2]))
        table.append(1, bytes: good.bytes)
        table.append(2, bytes: [1, 2, 3])
        table.append(3, bytes: [0, 0, 0xC0, 0x7F, 0, 0, 0, 0])
        table.append(4, bytes: Array(repeating: 0, count: 8))
        table.append(5, bytes: good.bytes)
        #expect(table.candidates(for: good, limit: 10).map(\.id) == [1, 5])
    }
}
