import Testing

@testable import SageMemory

struct ReciprocalRankFusionTests {
    @Test(
        arguments: [
            ([], []),
            ([[1, 2], []], [1, 2]),
            ([[1, 2], [2, 1]], [1, 2]),
            ([[1, 2, 3], [3, 4]], [3, 1, 2, 4]),
            ([[5], [4]], [4, 5]),
            ([[1, 1, 2], [2]], [2, 1]),
            ([[9, 8, 7], [7, 8, 9], [8]], [8, 7, 9]),
        ] as [([[Int64]], [Int64])])
    func joinsRankings(_ rankings: [[Int64]], _ expected: [Int64]) {
        #expect(ReciprocalRankFusion.fuse(rankings).map(\.id) == expected)
    }

    @Test func addsTheInversesOfRanksAndSixty() {
        let fused = ReciprocalRankFusion.fuse([[1, 2], [2]])
        #expect(fused.map(\.id) == [2, 1])
        #expect(abs(fused[0].score - (1.0 / 62 + 1.0 / 61)) < 1e-15)
        #expect(abs(fused[1].score - 1.0 / 61) < 1e-15)
    }
}
