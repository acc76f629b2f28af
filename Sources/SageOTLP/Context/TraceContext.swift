public import Tracing

/// What names a span to other processes (W3C Trace Context).
public struct TraceContext: Sendable, Hashable {
    /// The trace that the span belongs to.
    public var traceID: TraceID
    /// The span itself.
    public var spanID: SpanID
    /// Whether the span is recorded, as the trace's beginning has decided.
    public var isSampled: Bool
    /// What other systems have added.
    public var state: TraceState?
    /// Whether the span is of another process, from which a header brought it.
    public var isRemote: Bool

    /// Creates a context.
    ///
    /// - Parameters:
    ///   - traceID: The trace that the span belongs to.
    ///   - spanID: The span itself.
    ///   - isSampled: Whether the span is recorded.
    ///   - state: What other systems have added. Defaults to nothing.
    ///   - isRemote: Whether the span is of another process. Defaults to false.
    public init(
        traceID: TraceID, spanID: SpanID, isSampled: Bool, state: TraceState? = nil, isRemote: Bool = false
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.state = state
        self.isRemote = isRemote
    }

    /// Reads the headers of a request; nil when `traceparent` is none.
    ///
    /// A `tracestate` that cannot be read is left out, as the standard says; a `traceparent` of a later version is read
    /// as far as this version knows it.
    ///
    /// - Parameters:
    ///   - parent: The value of `traceparent`.
    ///   - state: The value of `tracestate`, several of them joined by commas.
    public init?(traceparent parent: String, tracestate state: String? = nil) {
        let text = Array(parent.utf8.prefix(Self.longestParent + 1))
        guard text.count >= Self.length, text.count <= Self.longestParent,
            [2, 35, 52].allSatisfy({ text[$0] == Self.dash }),
            let version = HexText.number(text[0..<2]), version != 0xFF,
            version == 0 ? text.count == Self.length : text.count == Self.length || text[Self.length] == Self.dash,
            let high = HexText.number(text[3..<19]), let low = HexText.number(text[19..<35]),
            let traceID = TraceID(high: high, low: low),
            let span = HexText.number(text[36..<52]), let spanID = SpanID(span),
            let flags = HexText.number(text[53..<55])
        else { return nil }
        self.init(
            traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1, state: state.flatMap(TraceState.init),
            isRemote: true)
    }

    /// The value of `traceparent` that makes a request the child of this span.
    public var traceparent: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.length)
        bytes += "00-".utf8
        traceID.append(to: &bytes)
        bytes.append(Self.dash)
        spanID.append(to: &bytes)
        bytes += (isSampled ? "-01" : "-00").utf8
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let dash = UInt8(ascii: "-")
    /// The length of the header in version 00.
    private static let length = 55
    /// How much of a later version's header is looked at.
    private static let longestParent = 512
}

private enum TraceContextKey: ServiceContextKey {
    typealias Value = TraceContext
    static var nameOverride: String? { "sage-trace-context" }
}

extension ServiceContext {
    /// The span that work in this context belongs to.
    public var traceContext: TraceContext? {
        get { self[TraceContextKey.self] }
        set { self[TraceContextKey.self] = newValue }
    }
}
