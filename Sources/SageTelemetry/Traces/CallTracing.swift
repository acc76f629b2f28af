public import SageResilience
public import Tracing

/// How the calls of a pipeline become spans.
///
/// Errors are told by their class and the name of their type, never by their text. A value type, safe to share.
public struct CallTracing: Sendable {
    /// Receives the spans; nil for the tracer of the task or of the process.
    public let tracer: (any Tracer)?
    /// What the class of an error is.
    public let classifier: ErrorClassifier
    let timeline: Timeline

    /// Creates a way of tracing.
    ///
    /// - Parameters:
    ///   - tracer: Receives the spans. Defaults to the tracer of the task or of the process, looked up at each call.
    ///   - classifier: What the class of an error is. Defaults to the error's own (`ErrorClassifier.default`).
    ///   - clock: Measures how long an attempt waited. Defaults to `ContinuousClock`.
    public init(
        tracer: (any Tracer)? = nil, classifier: ErrorClassifier = .default,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.tracer = tracer
        self.classifier = classifier
        self.timeline = Timeline(clock)
    }

    /// The tracer of the task or of the process.
    public static let `default` = CallTracing()

    /// The tracer that a call's spans go to; nil when nobody traces.
    var activeTracer: (any Tracer)? {
        if let tracer { return tracer }
        // The look for a tracer among instruments costs far more than this question, which most often is enough.
        guard !(InstrumentationSystem.instrument is NoOpInstrument) else { return nil }
        let tracer = InstrumentationSystem.tracer
        return tracer is NoOpTracer ? nil : tracer
    }
}
