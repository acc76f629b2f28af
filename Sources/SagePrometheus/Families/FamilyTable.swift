/// All families, and what was refused; a pure value.
struct FamilyTable: Sendable {
    struct RefusalKey: Sendable, Hashable {
        /// The family that could not take the series; empty when the family itself could not be taken.
        let family: String
        let reason: Refusal
    }

    /// The longest name of a family, in bytes.
    static let longestName = 256

    private let configuration: PrometheusConfiguration
    private(set) var families: [String: Family] = [:]
    /// Which family has which of the names on the page.
    private var owners: [String: String] = [:]
    private(set) var refusals: [RefusalKey: UInt64] = [:]

    init(_ configuration: PrometheusConfiguration) {
        self.configuration = configuration
        for name in OwnMetrics.names { owners[name] = "" }
    }

    /// The series of this name and these labels, made if there is none.
    ///
    /// - Parameters:
    ///   - name: The name of the family, legal already.
    ///   - label: What the program calls it.
    ///   - make: Makes a series with the buckets of its family.
    mutating func series(
        _ name: String, _ type: MetricType, label: String, labels: LabelSet, make: (HistogramBuckets) -> Series
    ) -> Series? {
        guard name.utf8.count <= Self.longestName, labels.names.count <= configuration.maxLabels else {
            return refuse("", .size)
        }
        if families[name] == nil {
            if let owner = type.names(of: name).compactMap({ owners[$0] }).first {
                return refuse(owner, .type)
            }
            guard families.count < configuration.maxFamilies else { return refuse("", .families) }
            families[name] = Family(
                name: name, type: type, labelNames: labels.names,
                buckets: configuration.buckets(label: label, family: name), label: label)
            for taken in type.names(of: name) { owners[taken] = name }
        }
        guard let family = families[name], family.type == type else { return refuse(name, .type) }
        guard family.labelNames == labels.names || configuration.allowsDifferingLabels else {
            return refuse(name, .labels)
        }
        let (found, position) = family.find(labels)
        if let found { return found }
        guard family.series.count < configuration.maxSeriesPerFamily else { return refuse(name, .series) }
        let new = make(family.buckets)
        families[name]?.insert(new, at: position)
        return new
    }

    /// Takes a series out, and its family and its names with the last of them.
    mutating func remove(_ series: Series) {
        guard families[series.family]?.remove(series) == true, let family = families[series.family] else { return }
        guard family.series.isEmpty else { return }
        families[family.name] = nil
        for name in family.type.names(of: family.name) { owners[name] = nil }
    }

    private mutating func refuse(_ family: String, _ reason: Refusal) -> Series? {
        var key = RefusalKey(family: family, reason: reason)
        // Families may come and go, but what is remembered of them stays within the limit of families.
        if refusals[key] == nil, refusals.count >= configuration.maxFamilies {
            key = RefusalKey(family: "", reason: reason)
        }
        refusals[key, default: 0] += 1
        return nil
    }
}
