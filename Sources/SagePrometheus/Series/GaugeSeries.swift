import CoreMetrics
import Synchronization

/// One series of a gauge: a meter, or a recorder that does not aggregate.
final class GaugeSeries: MeterHandler, RecorderHandler {
    let family: String
    let labels: LabelSet
    private let number = AtomicDouble()

    init(family: String, labels: LabelSet) {
        self.family = family
        self.labels = labels
    }

    var value: Double { number.value }

    func set(_ value: Int64) { number.store(Double(value)) }
    func set(_ value: Double) { number.store(value) }
    func increment(by amount: Double) { number.add(amount) }
    func decrement(by amount: Double) { number.add(-amount) }
    func record(_ value: Int64) { number.store(Double(value)) }
    func record(_ value: Double) { number.store(value) }
}
