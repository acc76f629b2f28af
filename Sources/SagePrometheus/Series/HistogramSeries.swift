import CoreMetrics
import Synchronization

/// One series of a histogram: a timer, or a recorder that aggregates.
///
/// An observation is two atomic additions: to the count of its bucket, then to the sum. The total count is not kept; it
/// is added up when it is read, so that it agrees with the buckets at any time.
final class HistogramSeries: RecorderHandler, TimerHandler {
    /// A class of its own, because an array holds only what can be copied.
    private final class Cell: Sendable {
        let count = Atomic<UInt64>(0)
    }

    let family: String
    let labels: LabelSet
    private let buckets: HistogramBuckets
    /// One for each bound, and one for what is above all of them.
    private let cells: [Cell]
    private let total = AtomicDouble()
    private let refused: RefusedValues

    init(family: String, labels: LabelSet, buckets: HistogramBuckets, refused: RefusedValues) {
        self.family = family
        self.labels = labels
        self.buckets = buckets
        self.cells = (0...buckets.upperBounds.count).map { _ in Cell() }
        self.refused = refused
    }

    func record(_ value: Int64) { observe(Double(value)) }
    func record(_ value: Double) { observe(value) }

    func recordNanoseconds(_ duration: Int64) {
        guard duration >= 0 else { return refused.add(.invalid) }
        // A division gives the number nearest to the quotient, the one that a bound such as 0.005 is, too.
        observe(Double(duration) / 1e9)
    }

    private func observe(_ value: Double) {
        // One value without a number would make the sum useless for ever.
        guard value.isFinite else { return refused.add(.invalid) }
        cells[buckets.index(of: value)].count.wrappingAdd(1, ordering: .relaxed)
        total.add(value)
    }

    /// The counts of all buckets, each with those below it, and the sum.
    var reading: (cumulative: [UInt64], sum: Double) {
        let sum = total.value
        var seen: UInt64 = 0
        let cumulative = cells.map { cell in
            seen &+= cell.count.load(ordering: .relaxed)
            return seen
        }
        return (cumulative, sum)
    }
}
