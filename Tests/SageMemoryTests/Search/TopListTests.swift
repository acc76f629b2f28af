import SageTesting
import Testing

@testable import SageMemory

struct TopListTests {
    @Test(arguments: [1, 2, 3, 10, 100, 1_000])
    func keepsTheBest(_ capacity: Int) {
        var generator = SeededGenerator(seed: UInt64(capacity))
        // Few different scores, so that equal ones are told apart by number.
        let entries = (0..<500).map { (id: Int64($0), score: Double(Int.random(in: 0..<50, using: &generator))) }
        var list = TopList(capacity)
        for entry in entries.shuffled(using: &generator) { list.insert(entry.id, entry.score) }
        let expected = entries.sorted { ($1.score, $0.id) < ($0.score, $1.id) }.prefix(capacity)
        #expect(list.sorted.map(\.id) == expected.map(\.id))
        #expect(list.threshold == (capacity <= 500 ? expected.last?.score : nil))
    }
}
