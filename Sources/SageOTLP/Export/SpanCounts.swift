/// What has become of a span.
enum SpanFate: String, CaseIterable {
    case exported, dropped, failed, rejected
}

/// How many spans went where.
public struct SpanCounts: Sendable, Hashable {
    /// The collector has taken them.
    public private(set) var exported = 0
    /// There was no place in the queue.
    public private(set) var dropped = 0
    /// The collector was away for too long.
    public private(set) var failed = 0
    /// The collector refused them.
    public private(set) var rejected = 0

    mutating func add(_ amount: Int, _ fate: SpanFate) {
        switch fate {
        case .exported: exported += amount
        case .dropped: dropped += amount
        case .failed: failed += amount
        case .rejected: rejected += amount
        }
    }
}
