package import SageResilience

/// The range checks that the configurations of stores share.
package enum SettingRange {
    package static func check(_ field: String, _ value: Int, in range: ClosedRange<Int>) throws(ConfigurationError) {
        guard range.contains(value) else {
            let allowed =
                range.upperBound == .max
                ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw ConfigurationError(field: field, value: value, allowed: allowed)
        }
    }

    /// A time that is waited: more than none, and no longer than `limit`.
    package static func check(
        _ field: String, _ value: Duration, upTo limit: Duration, _ name: String
    ) throws(ConfigurationError) {
        guard value > .zero, value <= limit else {
            throw ConfigurationError(field: field, value: value, allowed: "more than 0, up to \(name)")
        }
    }
}
