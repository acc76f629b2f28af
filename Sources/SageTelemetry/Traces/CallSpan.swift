import SageResilience
import Synchronization
import Tracing

/// A span that ends once, and is told how it ended; dropping it ends it as abandoned.
final class CallSpan: Sendable {
    let span: any Span
    private let classifier: ErrorClassifier
    private let onEnd: (@Sendable () -> Void)?
    private let hasEnded = Atomic<Bool>(false)

    /// Begins a span as a child of the task's present one.
    ///
    /// - Parameter onEnd: Called once, when the span has ended.
    init(
        _ name: String, _ kind: SpanKind, _ tracer: any Tracer, _ classifier: ErrorClassifier,
        onEnd: (@Sendable () -> Void)? = nil
    ) {
        self.span = tracer.begin(name, kind)
        self.classifier = classifier
        self.onEnd = onEnd
    }

    /// Begins the span of an attempt, whose number everything further in finds in `CallContext`.
    convenience init(
        attemptOf name: String, _ tracer: any Tracer, _ classifier: ErrorClassifier,
        onEnd: (@Sendable () -> Void)? = nil
    ) {
        self.init("\(name) attempt", .client, tracer, classifier, onEnd: onEnd)
        set(SpanNames.attempt, CallContext.current.attempt)
        let copy = Hedge.currentCopy
        if copy > 1 { set(SpanNames.hedgeCopy, copy) }
    }

    deinit {
        end(.abandoned)
    }

    /// Sets an attribute.
    func set(_ name: String, _ value: some SpanAttributeConvertible) {
        span.attributes[name] = value.toSpanAttribute()
    }

    /// Runs an operation inside the span and leaves its end to the caller.
    func inside<Result>(_ operation: () async throws -> Result) async throws -> Result {
        try await ServiceContext.$current.withValue(span.context) { try await operation() }
    }

    /// Runs an operation inside the span, which ends with it.
    func run<Result>(_ operation: () async throws -> Result) async throws -> Result {
        do {
            let result = try await inside(operation)
            end(.success)
            return result
        } catch {
            fail(error)
            throw error
        }
    }

    /// Ends the span with an error, of which it gets what may be told.
    func fail(_ error: any Error) {
        guard begin() else { return }
        let outcome = describe(error)
        set(SpanNames.outcome, outcome.rawValue)
        // No message: it would be the error's text.
        if outcome == .failure || outcome == .rejected { span.setStatus(SpanStatus(code: .error)) }
        span.end()
        onEnd?()
    }

    func end(_ outcome: SpanOutcome) {
        guard begin() else { return }
        set(SpanNames.outcome, outcome.rawValue)
        span.end()
        onEnd?()
    }

    /// Whether the caller is the one who ends the span.
    private func begin() -> Bool { !hasEnded.exchange(true, ordering: .relaxed) }

    private func describe(_ error: any Error) -> SpanOutcome {
        set(SpanNames.errorType, BoundedText.bounded("\(type(of: error))"))
        if let rejection = error as? any ResilienceRejection {
            var attributes: SpanAttributes = [:]
            attributes[SpanNames.policy] = BoundedText.bounded(rejection.policyName).toSpanAttribute()
            attributes[SpanNames.reason] = rejection.reason.rawValue.toSpanAttribute()
            if let wait = rejection.retryAfter {
                attributes[SpanNames.retryAfter] = wait.milliseconds.toSpanAttribute()
            }
            span.addEvent(SpanEvent(name: SpanNames.rejectedEvent, attributes: attributes))
            return .rejected
        }
        if error is CancellationError, Task.isCancelled { return .cancelled }
        set(SpanNames.errorClass, classifier.classify(error).errorClass.rawValue)
        return .failure
    }
}

extension Tracer {
    fileprivate func begin(_ name: String, _ kind: SpanKind) -> any Tracing.Span {
        startSpan(name, context: ServiceContext.current ?? .topLevel, ofKind: kind)
    }
}
