import CoreMetrics
import Synchronization

/// One series of a counter; both kinds of counters of swift-metrics write to it.
///
/// Whole numbers and fractions are kept apart, so that whole numbers stay exact and cost one atomic addition.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    let family: String
    let labels: LabelSet
    private let whole = Atomic<UInt64>(0)
    private let fractional = AtomicDouble()
    private let refused: RefusedValues

    init(family: String, labels: LabelSet, refused: RefusedValues) {
        self.family = family
        self.labels = labels
        self.refused = refused
    }

    func increment(by amount: Int64) {
        guard amount >= 0 else { return refused.add(.invalid) }
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount >= 0, amount.isFinite else { return refused.add(.invalid) }
        fractional.add(amount)
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fractional.store(0)
    }

    /// The value as text, exact as long as only whole numbers were added.
    var text: String {
        let whole = whole.load(ordering: .relaxed)
        let fractional = fractional.value
        return fractional == 0 ? "\(whole)" : NumberText.text(of: Double(whole) + fractional)
    }
}
