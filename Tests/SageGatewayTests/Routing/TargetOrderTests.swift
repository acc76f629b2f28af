import SageResilience
import SageTesting
import Testing

@testable import SageGateway

struct TargetOrderTests {
    typealias Candidate = TargetOrder.Candidate
    typealias Strategy = GatewayConfiguration.Model.Strategy

    /// How often each order or first target comes up.
    private func count<Key: Hashable>(
        _ strategy: Strategy, _ candidates: [Candidate], rounds: Int = 20_000, seed: UInt64 = 1,
        by key: ([Int]) -> Key
    ) -> [Key: Int] {
        let random = RandomSource.seeded(seed)
        var counts: [Key: Int] = [:]
        for _ in 0..<rounds {
            counts[key(TargetOrder.positions(strategy, of: candidates, random: random)), default: 0] += 1
        }
        return counts
    }

    /// Pearson's statistic of what was counted against what was expected, for keys whose shares sum up to one.
    private func chiSquare<Key: Hashable>(_ counts: [Key: Int], _ shares: [Key: Double]) -> Double {
        let total = Double(counts.values.reduce(0, +))
        return shares.reduce(0) { sum, share in
            let expected = share.value * total
            let difference = Double(counts[share.key] ?? 0) - expected
            return sum + difference * difference / expected
        }
    }

    @Test(arguments: Strategy.allCases)
    func everyTargetComesOnceAndThoseThatCannotBeCalledComeLast(strategy: Strategy) {
        var random = SeededGenerator(seed: 3)
        for round in 0..<300 {
            let candidates = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                Candidate(
                    isAvailable: Bool.random(using: &random), weight: Int.random(in: 1...5, using: &random),
                    inFlight: Int.random(in: 0...3, using: &random),
                    latency: Bool.random(using: &random) ? Double.random(in: 0...1e9, using: &random) : nil)
            }
            let order = TargetOrder.positions(strategy, of: candidates, random: .seeded(UInt64(round)))
            #expect(order.sorted() == Array(candidates.indices))
            let available = candidates.count(where: \.isAvailable)
            #expect(order.prefix(available).allSatisfy { candidates[$0].isAvailable })
        }
    }

    @Test func orderedKeepsTheOrderOfTheFile() {
        let candidates = [Candidate(isAvailable: false), Candidate(), Candidate(isAvailable: false), Candidate()]
        #expect(TargetOrder.positions(.ordered, of: candidates, random: .system) == [1, 3, 0, 2])
    }

    // MARK: Weighted

    @Test(arguments: [[1, 1], [3, 1], [5, 3, 2], [1, 1_000_000], [7, 1, 1, 1]])
    func firstTargetIsDrawnByWeight(weights: [Int]) {
        let counts = count(.weighted, weights.map { Candidate(weight: $0) }) { $0[0] }
        let total = Double(weights.reduce(0, +))
        let shares = Dictionary(uniqueKeysWithValues: weights.enumerated().map { ($0, Double($1) / total) })
        // With up to three degrees of freedom 16.3 is exceeded once in a thousand.
        #expect(chiSquare(counts, shares) < 16.3)
    }

    @Test func restOfTheOrderIsDrawnByWeightToo() {
        let weights = [5.0, 3, 2]
        let counts = count(.weighted, weights.map { Candidate(weight: Int($0)) }) { $0 }
        var shares: [[Int]: Double] = [:]
        for first in 0..<3 {
            for second in 0..<3 where second != first {
                let third = 3 - first - second
                shares[[first, second, third]] = weights[first] / 10 * weights[second] / (10 - weights[first])
            }
        }
        // Five degrees of freedom: 20.5 is exceeded once in a thousand.
        #expect(chiSquare(counts, shares) < 20.5)
    }

    @Test func sharesOfTheOthersAreNotMovedByATargetThatCannotBeCalled() {
        let candidates = [
            Candidate(isAvailable: false, weight: 100), Candidate(weight: 3), Candidate(weight: 1),
        ]
        let counts = count(.weighted, candidates) { $0[0] }
        #expect(counts[0] == nil)
        #expect(chiSquare(counts, [1: 0.75, 2: 0.25]) < 10.8)
    }

    // MARK: Least busy

    @Test func fewestCallsForTheWeightComeFirst() {
        let candidates = [
            Candidate(weight: 1, inFlight: 2), Candidate(weight: 4, inFlight: 4), Candidate(weight: 1, inFlight: 3),
            Candidate(weight: 2, inFlight: 1),
        ]
        for seed in 0..<50 {
            #expect(TargetOrder.positions(.leastBusy, of: candidates, random: .seeded(UInt64(seed))) == [3, 1, 0, 2])
        }
    }

    @Test func equallyBusyTargetsShareByWeight() {
        let candidates = [Candidate(weight: 3), Candidate(weight: 1), Candidate(weight: 1, inFlight: 1)]
        let counts = count(.leastBusy, candidates) { $0[0] }
        #expect(counts[2] == nil)
        #expect(chiSquare(counts, [0: 0.75, 1: 0.25]) < 10.8)
    }

    // MARK: Latency

    @Test func betterOfTwoNeverTakesTheWorstFirst() {
        let candidates = [1e9, 2e9, 3e9, 4e9].map { Candidate(latency: $0) }
        let counts = count(.latency, candidates) { $0[0] }
        #expect(counts[3] == nil)
        // Of six pairs three hold the best, two more the second, one more the third.
        #expect(chiSquare(counts, [0: 3.0 / 6, 1: 2.0 / 6, 2: 1.0 / 6]) < 13.8)
    }

    @Test func everyFurtherPickIsTheBetterOfTwoToo() {
        let candidates = [1e9, 2e9, 3e9].map { Candidate(latency: $0) }
        let counts = count(.latency, candidates) { $0 }
        #expect(counts.keys.allSatisfy { $0.firstIndex(of: 2) ?? 0 > 0 && ($0[0] == 0 ? $0 == [0, 1, 2] : true) })
        #expect(chiSquare(counts, [[0, 1, 2]: 2.0 / 3, [1, 0, 2]: 1.0 / 3]) < 10.8)
    }

    @Test func callsInFlightMakeATargetDearer() {
        let candidates = [Candidate(inFlight: 4, latency: 1e9), Candidate(inFlight: 0, latency: 4e9)]
        #expect(count(.latency, candidates, rounds: 200) { $0 } == [[1, 0]: 200])
        let lessBusy = [Candidate(inFlight: 2, latency: 1e9), Candidate(inFlight: 0, latency: 4e9)]
        #expect(count(.latency, lessBusy, rounds: 200) { $0 } == [[0, 1]: 200])
    }

    @Test func unknownTargetIsFoundOutByOneCallAtATime() {
        #expect(count(.latency, [Candidate(latency: 1), Candidate()], rounds: 200) { $0 } == [[1, 0]: 200])
        let busy = [Candidate(latency: 60e9), Candidate(inFlight: 1)]
        #expect(count(.latency, busy, rounds: 200) { $0 } == [[0, 1]: 200])
        let allNew = [Candidate(inFlight: 2), Candidate(inFlight: 1)]
        #expect(count(.latency, allNew, rounds: 200) { $0 } == [[1, 0]: 200])
    }

    @Test func equalCostsAreDecidedByChance() {
        let counts = count(.latency, [Candidate(latency: 5), Candidate(latency: 5)]) { $0[0] }
        #expect(chiSquare(counts, [0: 0.5, 1: 0.5]) < 10.8)
    }
}
