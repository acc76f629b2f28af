/// Finds the word that somebody may have meant.
enum Spelling {
    /// The most candidates that are compared; a wrong file must not take long.
    private static let maximumCandidates = 200

    /// The candidate nearest to a word that is not among them, or nil if none is near.
    ///
    /// Case, `_` and `-` do not count, since most wrong keys are right ones in another language's style; else a third
    /// of the letters, and at least one, may differ.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let plain = normalized(word)
        let ranked = candidates.prefix(maximumCandidates).map {
            (candidate: $0, distance: distance(plain, normalized($0)))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance < plain.count && best.distance <= max(1, plain.count / 3) ? best.candidate : nil
    }

    /// The number of letters to insert, delete, replace or exchange with their neighbour (Damerau, Levenshtein).
    static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for (row, letter) in first.enumerated() {
            var current = [row + 1]
            for (column, other) in second.enumerated() {
                var best = min(last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == second[column - 1], first[row - 1] == other {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[second.count]
    }

    private static func normalized(_ word: String) -> [UInt8] {
        word.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
    }
}
