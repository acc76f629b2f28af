public import SageResilience
public import Tracing

/// A tracer of swift-distributed-tracing whose spans go to an OpenTelemetry collector.
///
/// ```swift
/// let configuration = try OTLPConfiguration(endpoint: "http://127.0.0.1:4318", serviceName: "shop")
/// let exporter = try OTLPExporter(configuration, send: collector.send)
/// InstrumentationSystem.bootstrap(OTLPTracer(exporter))
/// try await exporter.run()       // beside the server: exports until it is cancelled
/// ```
///
/// Traces cross processes by the headers `traceparent` and `tracestate` (W3C Trace Context). A value type, safe to
/// share.
public struct OTLPTracer: Tracer {
    /// Where the spans go.
    public let exporter: OTLPExporter
    /// Which traces are recorded.
    public let sampler: SpanSampler
    /// How much one span may hold.
    public let limits: SpanLimits
    private let random: RandomSource

    /// Creates a tracer.
    ///
    /// - Parameters:
    ///   - exporter: Where the spans go.
    ///   - sampler: Which traces are recorded. Defaults to all whose parent is.
    ///   - limits: How much one span may hold. Defaults to ``SpanLimits/default``.
    ///   - random: Where ids come from. Defaults to the system's generator.
    public init(
        _ exporter: OTLPExporter, sampler: SpanSampler = .always, limits: SpanLimits = .default,
        random: RandomSource = .system
    ) {
        self.exporter = exporter
        self.sampler = sampler
        self.limits = limits
        self.random = random
    }

    /// Begins a span: a child of the context's span, or a trace of its own.
    ///
    /// - Parameters:
    ///   - operationName: The name of the span.
    ///   - context: What the span's parent stands in.
    ///   - kind: The span's part in a call.
    ///   - instant: When it begins.
    ///   - function: Not used.
    ///   - fileID: Not used.
    ///   - line: Not used.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        let context = context()
        let parent = context.traceContext
        let traceID = parent?.traceID ?? TraceID(random: random)
        let isSampled = sampler.isSampled(traceID, parent: parent)
        let own = TraceContext(
            traceID: traceID, spanID: SpanID(random: random), isSampled: isSampled, state: parent?.state)
        let span = FinishedSpan(
            limits.cut(operationName), kind, context: own, parent: parent,
            start: isSampled ? instant().nanosecondsSinceEpoch : 0)
        return OTLPSpan(span, in: context, limits: limits, exporter: exporter)
    }

    /// Has what is recorded so far exported soon, without waiting for it.
    public func forceFlush() {
        exporter.wake()
    }
}

extension OTLPTracer {
    /// Reads the span that a request comes from out of its headers.
    ///
    /// - Parameters:
    ///   - carrier: The headers.
    ///   - context: Gets the span, if the headers name one.
    ///   - extractor: Reads a header.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: Self.parentHeader, from: carrier) else { return }
        let state = extractor.extract(key: Self.stateHeader, from: carrier)
        // What cannot be read begins a trace of its own, as the standard says.
        guard let read = TraceContext(traceparent: parent, tracestate: state) else { return }
        context.traceContext = read
    }

    /// Writes the context's span into the headers of a request.
    ///
    /// - Parameters:
    ///   - context: What the span stands in.
    ///   - carrier: The headers.
    ///   - injector: Writes a header.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context.traceContext else { return }
        injector.inject(span.traceparent, forKey: Self.parentHeader, into: &carrier)
        if let state = span.state { injector.inject(state.text, forKey: Self.stateHeader, into: &carrier) }
    }

    private static let parentHeader = "traceparent"
    private static let stateHeader = "tracestate"
}
