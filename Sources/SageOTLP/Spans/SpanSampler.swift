public import SageResilience

/// Decides which traces are recorded.
///
/// A span with a parent, of this process or another, is recorded if its parent is, so that a trace is whole or absent.
/// For the first span of a trace a share decides by the trace's id: services that are set to the same share choose the
/// same traces (OpenTelemetry's `ParentBased(TraceIdRatioBased)`).
public struct SpanSampler: Sendable, Hashable {
    /// The share of traces that are recorded, 0 to 1.
    public let ratio: Double
    /// Whether a span with a parent does what its parent does.
    public let followsParent: Bool
    private let bound: UInt64

    /// Records every trace, unless its parent is not recorded.
    public static let always = SpanSampler(valid: 1, followsParent: true)
    /// Records no trace that begins here.
    public static let never = SpanSampler(valid: 0, followsParent: true)

    /// Creates a sampler.
    ///
    /// - Parameters:
    ///   - ratio: The share of traces that are recorded, 0 to 1.
    ///   - followsParent: Whether a span with a parent does what its parent does. Defaults to true.
    /// - Throws: `ConfigurationError` when the ratio is out of range.
    public init(ratio: Double, followsParent: Bool = true) throws(ConfigurationError) {
        guard (0...1).contains(ratio) else {
            throw ConfigurationError(field: "ratio", value: ratio, allowed: "0 to 1")
        }
        self.init(valid: ratio, followsParent: followsParent)
    }

    private init(valid ratio: Double, followsParent: Bool) {
        self.ratio = ratio
        self.followsParent = followsParent
        // The double nearest to a share just below 1 may round up to the whole.
        bound = ratio >= 1 ? 1 << 63 : min(1 << 63 - 1, UInt64(ratio * 0x1p63))
    }

    /// Whether a span is recorded.
    ///
    /// - Parameters:
    ///   - traceID: The span's trace.
    ///   - parent: The span's parent.
    public func isSampled(_ traceID: TraceID, parent: TraceContext?) -> Bool {
        if followsParent, let parent { return parent.isSampled }
        return traceID.low >> 1 < bound
    }
}
