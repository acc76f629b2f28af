/// The types of families that are written.
enum MetricType: String, Sendable {
    case counter
    case gauge
    case histogram

    /// All names that the samples and the description of a family take up, in any format.
    func names(of family: String) -> [String] {
        switch self {
        case .counter: [family, "\(family)_total"]
        case .gauge: [family]
        case .histogram: [family, "\(family)_bucket", "\(family)_sum", "\(family)_count"]
        }
    }
}

/// Why a series was refused.
enum Refusal: String, Sendable, Hashable {
    /// There are as many families as there may be.
    case families
    /// The family has as many series as it may have.
    case series
    /// Another type of family has the name, or one of the names of its samples.
    case type
    /// The series of the family have other label names.
    case labels
    /// The name or the number of labels is beyond what is taken.
    case size
}
