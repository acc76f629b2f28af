import SageTesting
import Testing

@testable import SageResilience

struct LatencyWindowTests {
    @Test("agrees with sorting the last samples", arguments: [1, 2, 7, 100])
    func agreesWithSorting(capacity: Int) {
        var random = SeededGenerator(seed: UInt64(capacity))
        var window = LatencyWindow(capacity: capacity)
        var all: [Int64] = []
        for _ in 0..<500 {
            let sample = Int64.random(in: 0...50, using: &random)
            window.record(sample)
            all.append(sample)
            let sorted = all.suffix(capacity).sorted()
            #expect(window.count == sorted.count)
            for share in [0.001, 0.25, 0.5, 0.9, 0.95, 0.999] {
                let expected = sorted.first { value in
                    Double(sorted.count { $0 <= value }) >= share * Double(sorted.count)
                }
                #expect(window.percentile(share) == expected)
            }
        }
    }

    @Test func anEmptyWindowKnowsNothing() {
        #expect(LatencyWindow(capacity: 5).percentile(0.5) == nil)
    }

    @Test func takesTheLargestNumbers() {
        var window = LatencyWindow(capacity: 2)
        for sample in [Int64.max, .max, 0] { window.record(sample) }
        #expect(window.percentile(0.5) == 0)
        #expect(window.percentile(1) == .max)
    }
}
