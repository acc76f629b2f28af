import HTTPTypes
import NIOCore
import SageLLM
import SageOTLP
import SageResilience
import Synchronization
import Tracing

/// What is known about one call to a provider; becomes its counts and its span when it is over.
///
/// The first end counts. The last reference to go ends the call as cancelled.
final class AttemptReport: Sendable {
    private let target: TargetTelemetry
    private let kind: AttemptKind
    private let start: Moment
    private let clock: @Sendable () -> Moment
    private let span: OTLPSpan?
    private let isOver = Atomic<Bool>(false)
    private let firstTokenWait = Atomic<Int64>(-1)

    init(
        _ target: TargetTelemetry, _ kind: AttemptKind, start: Moment, span: OTLPSpan?,
        clock: @escaping @Sendable () -> Moment
    ) {
        self.target = target
        self.kind = kind
        self.start = start
        self.span = span
        self.clock = clock
    }

    deinit {
        ended(.cancelled, .none)
    }

    /// Makes the provider's part of the trace a child of this call.
    func mark(_ headers: inout HTTPFields) {
        guard let context = span?.traceContext else { return }
        headers[.traceparent] = context.traceparent
        headers[.tracestate] = context.state?.text
    }

    /// The first token of a stream has arrived.
    func firstTokenArrived() {
        let wait = clock().elapsed(since: start)
        guard firstTokenWait.compareExchange(expected: -1, desired: wait, ordering: .relaxed).exchanged else { return }
        target.metrics?.firstTokenArrived(afterNanoseconds: wait)
    }

    /// How long the first token took, in nanoseconds; nil without one.
    var nanosecondsToFirstToken: Int64? {
        let wait = firstTokenWait.load(ordering: .relaxed)
        return wait < 0 ? nil : wait
    }

    /// The whole answer has arrived.
    ///
    /// - Parameters:
    ///   - usage: What it cost.
    ///   - finishReasons: Why it finished, in the provider's words.
    ///   - body: The answer, if it is no stream.
    func succeeded(_ usage: TokenCounts?, finishReasons: [String] = [], body: ByteBuffer? = nil) {
        if let span, span.isRecording {
            if let body { describe(body, span) }
            if !finishReasons.isEmpty { span.set(SpanKeys.finishReasons, .stringArray(finishReasons)) }
        }
        ended(.success, .none, usage)
    }

    /// The call has failed; to be called in the task that made it, whose cancellation nobody is to blame for.
    ///
    /// - Parameters:
    ///   - error: What was thrown; anything but an error of a provider is the client's cancellation.
    ///   - usage: What a broken stream has cost nevertheless.
    func failed(_ error: any Error, _ usage: TokenCounts? = nil) {
        guard let error = error as? ProviderError, !Task.isCancelled else { return ended(.cancelled, .none, usage) }
        let errorClass = error.classification.errorClass
        if let span, span.isRecording {
            // Words of this program, or the provider's status: its own words may be about what was said.
            let type = error.status.map(String.init) ?? error.kind.word
            span.set(SpanKeys.errorType, .string(type))
            span.set(SpanKeys.errorClass, .string(errorClass.rawValue))
            if let status = error.status { span.set(SpanKeys.httpStatus, .int64(Int64(status))) }
            span.setStatus(SpanStatus(code: .error))
        }
        ended(error.fallbackKind == nil ? .clientError : .providerError, ErrorWord(errorClass), usage)
    }

    /// Nobody waits for the answer any more.
    func cancelled(_ usage: TokenCounts? = nil) {
        ended(.cancelled, .none, usage)
    }

    private func ended(_ outcome: RequestOutcome, _ word: ErrorWord, _ usage: TokenCounts? = nil) {
        guard isOver.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        if let metrics = target.metrics {
            metrics.ended(kind, outcome, word, nanoseconds: clock().elapsed(since: start))
            if let usage { metrics.used(usage) }
        }
        guard let span else { return }
        if let usage { describe(usage, span) }
        if let wait = nanosecondsToFirstToken { span.set(SpanKeys.timeToFirstChunk, .double(Double(wait) / 1e9)) }
        span.set(SpanKeys.outcome, .string(outcome.rawValue))
        span.end()
    }

    private func describe(_ usage: TokenCounts, _ span: OTLPSpan) {
        for (key, count) in [
            (SpanKeys.inputTokens, usage.prompt), (SpanKeys.outputTokens, usage.completion),
            (SpanKeys.cacheReadTokens, usage.cacheRead), (SpanKeys.cacheWriteTokens, usage.cacheWrite),
            (SpanKeys.reasoningTokens, usage.reasoning),
        ] {
            if let count { span.set(key, .int64(Int64(count))) }
        }
    }

    /// Reads the name that the provider gives to the answer, and its model.
    private func describe(_ body: ByteBuffer, _ span: OTLPSpan) {
        guard let index = try? JSONObjectIndex(of: ["id", "model", "responseId", "modelVersion"], in: body) else {
            return
        }
        if let id = index.string("id", in: body) ?? index.string("responseId", in: body) {
            span.set(SpanKeys.responseID, .string(id))
        }
        if let model = index.string("model", in: body) ?? index.string("modelVersion", in: body) {
            span.set(SpanKeys.responseModel, .string(model))
        }
    }
}

extension TargetMetrics {
    fileprivate func used(_ usage: TokenCounts) {
        used(usage.prompt ?? 0, .input)
        used(usage.completion ?? 0, .output)
        used(usage.cacheRead ?? 0, .cacheRead)
        used(usage.cacheWrite ?? 0, .cacheWrite)
        used(usage.reasoning ?? 0, .reasoning)
    }
}

extension ProviderError.Kind {
    /// What failed, in one word.
    fileprivate var word: String {
        switch self {
        case .answer: "answer"
        case .transport(let failure): failure.rawValue
        case .timeout: "timeout"
        case .streamError: "stream_error"
        case .truncatedStream: "truncated_stream"
        case .malformedAnswer: "malformed_answer"
        }
    }
}

extension StreamEnd {
    /// How a stream ended that its provider has broken.
    ///
    /// - Parameters:
    ///   - error: What has happened.
    ///   - isStalled: Whether no token had come for long.
    init(_ error: ProviderError, isStalled: Bool) {
        self =
            switch error.kind {
            case .timeout(.total): isStalled ? .idleTimeout : .deadline
            case .timeout: .idleTimeout
            case .truncatedStream, .transport: .truncated
            default: .upstreamError
            }
    }
}
