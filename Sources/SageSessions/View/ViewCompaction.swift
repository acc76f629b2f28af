/// Puts summaries in the place of what they cover.
enum ViewCompaction {
    private struct Compaction {
        var seq: Int64
        var summary: Message
        var covers: ClosedRange<Int64>
    }

    /// The entries in their order without those that a compaction in force covers.
    ///
    /// A summary stands where its range begins. It goes with its range: a later compaction hides an earlier one's summary
    /// only if it covers the whole range of it, so that nothing vanishes without a summary.
    static func apply(to entries: [DecodedEntry]) -> [DecodedEntry] {
        let entries = ordered(entries)
        let compactions = inForce(entries)
        guard !compactions.isEmpty else { return entries }
        var hidden = Coverage(compactions.map(\.covers))
        var summaries: [DecodedEntry] = []
        for (index, compaction) in compactions.enumerated() {
            let later = compactions[(index + 1)...]
            guard !later.contains(where: { $0.covers.contains(compaction.covers) }) else { continue }
            summaries.append(
                DecodedEntry(
                    seq: compaction.covers.lowerBound, id: "", payload: .message(compaction.summary)))
        }
        let kept = entries.filter { !hidden.contains($0.seq) }
        // Of a summary and an entry at one place, the summary is the older: what it covers began there.
        return (summaries + kept).enumerated()
            .sorted { ($0.element.seq, $0.offset) < ($1.element.seq, $1.offset) }.map(\.element)
    }

    private static func ordered(_ entries: [DecodedEntry]) -> [DecodedEntry] {
        guard zip(entries, entries.dropFirst()).contains(where: { $0.seq >= $1.seq }) else { return entries }
        var seen: Set<Int64> = []
        return entries.enumerated().sorted { ($0.element.seq, $0.offset) < ($1.element.seq, $1.offset) }
            .map(\.element).filter { seen.insert($0.seq).inserted }
    }

    private static func inForce(_ entries: [DecodedEntry]) -> [Compaction] {
        var compactions: [Compaction] = []
        for entry in entries {
            switch entry.payload {
            case .compaction(let summary, let covers) where covers.lowerBound < entry.seq:
                // It can only cover what was there.
                let last = min(covers.upperBound, entry.seq - 1)
                compactions.append(
                    Compaction(seq: entry.seq, summary: summary, covers: covers.lowerBound...last))
            case .repair(RepairKind.compactionUndone, let detail):
                compactions.removeAll { String($0.seq) == detail }
            default: break
            }
        }
        return compactions
    }

    /// Ranges, asked in rising order.
    private struct Coverage {
        private var ranges: [ClosedRange<Int64>]
        private var index = 0

        init(_ ranges: [ClosedRange<Int64>]) {
            self.ranges = []
            for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if let last = self.ranges.last, range.lowerBound <= last.upperBound {
                    self.ranges[self.ranges.count - 1] =
                        last.lowerBound...max(last.upperBound, range.upperBound)
                } else {
                    self.ranges.append(range)
                }
            }
        }

        mutating func contains(_ seq: Int64) -> Bool {
            while index < ranges.count, ranges[index].upperBound < seq { index += 1 }
            return index < ranges.count && ranges[index].contains(seq)
        }
    }
}
