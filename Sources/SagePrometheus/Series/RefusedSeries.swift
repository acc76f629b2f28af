import CoreMetrics
import Synchronization

/// How many values were not taken, by reason.
final class RefusedValues: Sendable {
    enum Reason: String, CaseIterable {
        /// A negative or missing number where none is possible.
        case invalid
        /// The series was refused, so that there is nowhere to write to.
        case noSeries = "no_series"
    }

    private let invalid = Atomic<UInt64>(0)
    private let withoutSeries = Atomic<UInt64>(0)

    func add(_ reason: Reason) {
        switch reason {
        case .invalid: invalid.wrappingAdd(1, ordering: .relaxed)
        case .noSeries: withoutSeries.wrappingAdd(1, ordering: .relaxed)
        }
    }

    func count(_ reason: Reason) -> UInt64 {
        switch reason {
        case .invalid: invalid.load(ordering: .relaxed)
        case .noSeries: withoutSeries.load(ordering: .relaxed)
        }
    }
}

/// What a program writes to whose series was refused; counts the values that are lost.
final class RefusedSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private let refused: RefusedValues

    init(refused: RefusedValues) {
        self.refused = refused
    }

    func increment(by _: Int64) { refused.add(.noSeries) }
    func increment(by _: Double) { refused.add(.noSeries) }
    func decrement(by _: Double) { refused.add(.noSeries) }
    func set(_: Int64) { refused.add(.noSeries) }
    func set(_: Double) { refused.add(.noSeries) }
    func record(_: Int64) { refused.add(.noSeries) }
    func record(_: Double) { refused.add(.noSeries) }
    func recordNanoseconds(_: Int64) { refused.add(.noSeries) }
    func reset() {}
}
