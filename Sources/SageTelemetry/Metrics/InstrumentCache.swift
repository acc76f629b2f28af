import Metrics
import SageResilience
import Synchronization

/// The instruments that events change, made when they are first needed and kept.
final class InstrumentCache: Sendable {
    /// What an event gives to the labels of a metric.
    struct Key: Sendable, Hashable {
        let metric: EventMetric
        let name: String
        var second = ""
        var third = ""
    }

    private struct State: Sendable {
        var names: NameLimit<PolicyKind>
        var counters: [Key: Counter] = [:]
        var timers: [Key: Timer] = [:]
        var recorders: [Key: Recorder] = [:]
    }

    private let factory: any MetricsFactory
    private let state: Mutex<State>

    init(_ factory: any MetricsFactory, maxNames: Int) {
        self.factory = factory
        self.state = Mutex(State(names: NameLimit(limit: maxNames)))
    }

    func counter(_ key: Key, of kind: PolicyKind) -> Counter {
        instrument(key, kind, \.counters) { Counter(label: $0, dimensions: $1, factory: factory) }
    }

    func timer(_ key: Key, of kind: PolicyKind) -> Timer {
        instrument(key, kind, \.timers) { Timer(label: $0, dimensions: $1, factory: factory) }
    }

    func recorder(_ key: Key, of kind: PolicyKind) -> Recorder {
        instrument(key, kind, \.recorders) { Recorder(label: $0, dimensions: $1, factory: factory) }
    }

    private func instrument<Instrument: Sendable>(
        _ key: Key, _ kind: PolicyKind,
        _ instruments: any WritableKeyPath<State, [Key: Instrument]> & Sendable,
        _ make: (String, [(String, String)]) -> Instrument
    ) -> Instrument {
        state.withLock { state in
            if let known = state[keyPath: instruments][key] { return known }
            let key = Self.bounded(key, kind, &state.names)
            if let known = state[keyPath: instruments][key] { return known }
            let values = [key.name, key.second, key.third]
            // Under the lock, so that there is one instrument of each; a backend does no more than make its storage.
            let made = make(key.metric.label, Array(zip(key.metric.labelNames, values)))
            state[keyPath: instruments][key] = made
            return made
        }
    }

    /// The key with names that may become labels.
    private static func bounded(_ key: Key, _ kind: PolicyKind, _ names: inout NameLimit<PolicyKind>) -> Key {
        let name = BoundedText.bounded(key.name)
        let child = key.metric.namesChild ? BoundedText.bounded(key.second) : ""
        guard names.admit(name, child: child, in: kind) else {
            let other = MetricsConfiguration.otherName
            return Key(
                metric: key.metric, name: other,
                second: key.metric.namesChild ? other : key.second, third: key.third)
        }
        return Key(
            metric: key.metric, name: name,
            second: key.metric.namesChild ? child : key.second, third: key.third)
    }
}
