import Synchronization
public import Tracing

/// A span of an ``OTLPTracer``.
///
/// One that is not sampled has ids, which the next process gets, and records nothing. What is written after the end
/// is lost. Thread-safe.
public final class OTLPSpan: Span {
    private struct Recording: Sendable {
        var span: FinishedSpan
        var hasEnded = false
    }

    /// The context that work inside of the span runs in.
    public let context: ServiceContext
    /// What names the span to other processes.
    public let traceContext: TraceContext
    private let limits: SpanLimits
    private let exporter: OTLPExporter
    /// Nil for a span that is not recorded.
    private let recording: Mutex<Recording?>

    init(
        _ span: FinishedSpan, in context: ServiceContext, limits: SpanLimits, exporter: OTLPExporter
    ) {
        var context = context
        context.traceContext = span.context
        self.context = context
        self.traceContext = span.context
        self.limits = limits
        self.exporter = exporter
        self.recording = Mutex(span.context.isSampled ? Recording(span: span) : nil)
    }

    /// Whether what is written to the span is kept.
    public var isRecording: Bool { recording.withLock { $0.map { !$0.hasEnded } ?? false } }

    /// The name; empty for a span that is not recorded.
    public var operationName: String {
        get { recording.withLock { $0?.span.name ?? "" } }
        set { write { [limits] in $0.name = limits.cut(newValue) } }
    }

    /// The attributes; to set a single one, ``set(_:_:)`` costs less.
    public var attributes: SpanAttributes {
        get { recording.withLock { $0?.span.attributes ?? [:] } }
        set { write { [limits] in $0.replaceAttributes(newValue, limits) } }
    }

    /// Sets one attribute, without a copy of the others.
    ///
    /// - Parameters:
    ///   - key: The name.
    ///   - value: The value; nil removes the attribute.
    public func set(_ key: String, _ value: SpanAttribute?) {
        write { [limits] in $0.set(key, value, limits) }
    }

    /// Says how the operation ended; after `ok` nothing changes it.
    public func setStatus(_ status: SpanStatus) {
        write { [limits] span in
            // What OpenTelemetry prescribes.
            guard span.status?.code != .ok else { return }
            span.status = SpanStatus(code: status.code, message: status.message.map(limits.cut))
        }
    }

    /// Adds an event.
    public func addEvent(_ event: SpanEvent) {
        write { [limits] in $0.add(event, limits) }
    }

    /// Adds an event that tells the type of an error, but not its text, which may hold secrets.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        guard isRecording else { return }
        var attributes = attributes
        attributes.set("exception.type", value: .string("\(type(of: error))"))
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    /// Adds a link to another span.
    public func addLink(_ link: SpanLink) {
        write { [limits] in $0.add(link, limits) }
    }

    /// Ends the span, which then waits for its export; a second end changes nothing.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let nanoseconds = traceContext.isSampled ? instant().nanosecondsSinceEpoch : 0
        let finished: FinishedSpan? = recording.withLock { recording in
            guard var current = recording, !current.hasEnded else { return nil }
            current.span.finish(at: nanoseconds)
            current.hasEnded = true
            recording = current
            return current.span
        }
        if let finished { exporter.record(finished) }
    }

    private func write(_ change: (inout FinishedSpan) -> Void) {
        recording.withLock { recording in
            guard var current = recording, !current.hasEnded else { return }
            // Taken out, so that the change copies nothing.
            recording = nil
            change(&current.span)
            recording = current
        }
    }
}
