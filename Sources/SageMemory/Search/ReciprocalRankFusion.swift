/// Joins rankings whose scores cannot be compared (Cormack, Clarke and Büttcher 2009).
///
/// The score of a memory is the sum over the rankings it stands in of `1 / (60 + rank)`, with ranks from 1. What stands
/// high in both is first; what only one of them knows is still found.
enum ReciprocalRankFusion {
    /// The constant of the paper, by which the first ranks do not outweigh everything.
    static let constant = 60.0

    /// The fused ranking, the best first; equal scores in the order of the numbers, so that it is always the same.
    static func fuse(_ rankings: [[Int64]]) -> [(id: Int64, score: Double)] {
        var scores: [Int64: Double] = [:]
        for ranking in rankings {
            var known: Set<Int64> = []
            for (index, id) in ranking.enumerated() where known.insert(id).inserted {
                scores[id, default: 0] += 1 / (constant + Double(index + 1))
            }
        }
        return scores.map { (id: $0.key, score: $0.value) }
            .sorted { ($1.score, $0.id) < ($0.score, $1.id) }
    }
}
