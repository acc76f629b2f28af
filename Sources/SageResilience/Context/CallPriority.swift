/// How important a call is to its caller, when not all calls can be made.
///
/// Where calls queue, the more important one goes first and the least important one is refused first; see
/// ``Bulkhead``. It travels in ``CallContext/priority``.
public enum CallPriority: Int, Sendable, Hashable, Comparable, CaseIterable, CustomStringConvertible {
    /// Work that can be done later, for example a batch.
    case low
    /// Everything that says nothing else.
    case normal
    /// Somebody is waiting for it.
    case high
    /// Must go through as long as anything does, for example a health check.
    case critical

    /// Whether the first is less important than the second.
    public static func < (lhs: CallPriority, rhs: CallPriority) -> Bool { lhs.rawValue < rhs.rawValue }

    /// The name, as in `x-sage-priority`.
    public var description: String {
        switch self {
        case .low: "low"
        case .normal: "normal"
        case .high: "high"
        case .critical: "critical"
        }
    }
}
