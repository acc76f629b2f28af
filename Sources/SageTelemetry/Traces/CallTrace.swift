import SageResilience
import Synchronization
import Tracing

/// The spans of one call: an outer one, and one for each run of the operation.
final class CallTrace: Sendable {
    /// What the attempts have in common; a pure value.
    struct Progress: Sendable, Hashable {
        /// How many attempts have begun, copies of a hedge included.
        private(set) var attempts = 0
        /// The greatest number of an attempt.
        private(set) var lastNumber = 0
        /// When there was last something to do but wait.
        private(set) var idleSince: Moment

        init(now: Moment) {
            self.idleSince = now
        }

        /// An attempt begins.
        ///
        /// - Returns: How long the call has waited for it, in nanoseconds, and the numbers of the attempts before it
        ///   that a policy refused, so that they never ran.
        mutating func begin(_ number: Int, now: Moment) -> (wait: Int64, rejected: Range<Int>) {
            attempts += 1
            defer { lastNumber = max(lastNumber, number) }
            let rejected = number > lastNumber + 1 ? lastNumber + 1..<number : 0..<0
            return (now.elapsed(since: idleSince), rejected)
        }

        mutating func end(now: Moment) {
            idleSince = now
        }
    }

    /// The longest list of attempts that were refused.
    private static let mostRejected = 32

    let outer: CallSpan
    private let name: String
    private let tracer: any Tracer
    private let tracing: CallTracing
    private let progress: Mutex<Progress>

    /// Begins the outer span.
    init(_ name: StaticString, pipeline: String, _ tracing: CallTracing, _ tracer: any Tracer) {
        self.name = name.description
        self.tracer = tracer
        self.tracing = tracing
        self.progress = Mutex(Progress(now: tracing.timeline.now))
        self.outer = CallSpan(name.description, .internal, tracer, tracing.classifier)
        outer.set(SpanNames.pipeline, BoundedText.bounded(pipeline))
    }

    /// Runs the whole call inside the outer span.
    func run<Result>(_ call: () async throws -> Result) async throws -> Result {
        do {
            let result = try await outer.inside(call)
            end(.success)
            return result
        } catch {
            fail(error)
            throw error
        }
    }

    /// Runs one attempt in a span of its own.
    func attempt<Result>(_ operation: () async throws -> Result) async throws -> Result {
        try await beginAttempt().run(operation)
    }

    /// Runs the alternative in a span of its own.
    func fallback<Result>(_ alternative: () async throws -> Result) async throws -> Result {
        outer.set(SpanNames.fallback, true)
        return try await CallSpan("\(name) fallback", .client, tracer, tracing.classifier).run(alternative)
    }

    // MARK: The parts, for streams

    func beginAttempt() -> CallSpan {
        let number = CallContext.current.attempt
        let now = tracing.timeline.now
        let (wait, rejected) = progress.withLock { $0.begin(number, now: now) }
        for number in rejected.prefix(Self.mostRejected) {
            outer.span.addEvent(
                SpanEvent(
                    name: SpanNames.attemptRejectedEvent,
                    attributes: [SpanNames.attempt: Int64(number).toSpanAttribute()]))
        }
        // What comes after the attempt is waiting, until the next one begins.
        let span = CallSpan(attemptOf: name, tracer, tracing.classifier) {
            let now = self.tracing.timeline.now
            self.progress.withLock { $0.end(now: now) }
        }
        span.set(SpanNames.wait, wait / 1_000_000)
        return span
    }

    func noteAttempts() {
        outer.set(SpanNames.attempts, progress.withLock { $0.attempts })
    }

    func end(_ outcome: SpanOutcome) {
        noteAttempts()
        outer.end(outcome)
    }

    func fail(_ error: any Error) {
        noteAttempts()
        outer.fail(error)
    }
}
