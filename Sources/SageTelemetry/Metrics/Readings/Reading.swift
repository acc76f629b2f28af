import SageResilience

/// A gauge by its label and dimensions.
struct GaugeKey: Sendable, Hashable {
    struct Dimension: Sendable, Hashable {
        let name: String
        let value: String
    }

    let label: String
    let dimensions: [Dimension]
}

/// The value of a gauge at one moment.
struct Reading: Sendable, Hashable {
    let key: GaugeKey
    let value: Double

    init(_ label: String, _ dimensions: KeyValuePairs<String, String>, _ value: Double) {
        self.key = GaugeKey(
            label: label,
            dimensions: dimensions.map { GaugeKey.Dimension(name: $0.key, value: BoundedText.bounded($0.value)) })
        self.value = value
    }
}

/// The gauges of one policy.
struct PolicyReadings: Sendable {
    let policy: PolicyIdentity
    let readings: [Reading]
}

extension PolicyReadings {
    /// - Parameter values: By the label of the gauge; a value that is nil has no gauge at present.
    init(_ kind: PolicyKind, _ name: String, _ values: KeyValuePairs<String, Double?>) {
        self.policy = PolicyIdentity(kind, name)
        self.readings = values.compactMap { label, value in value.map { Reading(label, ["name": name], $0) } }
    }
}
