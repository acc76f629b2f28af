import HTTPTypes
import Logging
import SageLLM
import SageResilience
import Synchronization

/// What is known about one request when it is over; becomes its line in the access log, its counts and its span.
final class RequestReport: Sendable {
    typealias Outcome = RequestOutcome

    struct Details: Sendable {
        var model = ""
        /// The name of the client's key, never the key.
        var key: String?
        /// What the request has taken of the key's limits.
        var keyPermit: LimitPermit?
        var target: String?
        var isStream = false
        var attempts = 0
        var fallbacks = 0
        /// Whether it failed because it had been tried as often as allowed.
        var isExhausted = false
        var usage: TokenCounts?
        /// The fields of the request that the translation for the target has dropped.
        var dropped: [String] = []
        /// Time spent waiting for providers and between attempts, which is not Sage's overhead.
        var waited = Duration.zero
        /// How long the first token of the answer took; nil without one.
        var firstTokenNanoseconds: Int64?
        /// The class of the last failed call.
        fileprivate var lastErrorClass: ErrorClass?
        /// The target of the last call, to tell its repetition from a change.
        fileprivate var lastTarget: TargetTelemetry?
        /// What Sage took until the answer began, once that is known.
        fileprivate var overheadNanoseconds: Int64?
        fileprivate var upstreamNanoseconds: Int64 = 0
    }

    private static let timeline = Timeline(ContinuousClock())

    let id: String
    private let start: Moment
    private let logger: Logger
    /// Nil for a request that no route has taken.
    private let telemetry: RequestTelemetry?
    private let trace: RequestTrace?
    private let details = Mutex(Details())
    private let isOver = Atomic<Bool>(false)

    /// The present, in the time that reports use.
    static var now: Moment { timeline.now }

    /// Creates the report of a request that no route has taken, which is only logged.
    ///
    /// - Parameter start: When the request began.
    init(id: String, logger: Logger, start: Moment = RequestReport.now) {
        self.id = id
        self.start = start
        self.logger = logger
        telemetry = nil
        trace = nil
    }

    /// Creates the report of a request, which has to be ended.
    ///
    /// - Parameters:
    ///   - id: The id of the request.
    ///   - telemetry: What is told.
    ///   - headers: The request's fields, which may name the span that it belongs to.
    init(id: String, _ telemetry: RequestTelemetry, headers: HTTPFields) {
        self.id = id
        start = Self.now
        self.logger = telemetry.logger
        self.telemetry = telemetry
        trace = telemetry.tracer.map {
            RequestTrace($0, route: telemetry.route, method: "POST", headers: headers)
        }
        if telemetry.part != .call { telemetry.metrics.requestBegan() }
    }

    deinit {
        // Nobody may forget a request that is counted as running.
        if telemetry != nil { end(.cancelled, status: 499) }
    }

    func update(_ change: (inout Details) -> Void) {
        details.withLock { change(&$0) }
    }

    var current: Details { details.withLock { $0 } }

    /// The time that Sage itself has taken until the answer began, which is when this is asked first.
    var overhead: Duration { .nanoseconds(overheadNanoseconds) }

    private var overheadNanoseconds: Int64 {
        let now = Self.timeline.now
        return details.withLock { details in
            if let known = details.overheadNanoseconds { return known }
            let waited = details.waited.saturatingNanoseconds
            let own = max(0, now.elapsed(since: start) - waited)
            details.overheadNanoseconds = own
            details.upstreamNanoseconds = waited
            return own
        }
    }

    /// A provider is about to be called.
    ///
    /// - Parameters:
    ///   - target: Who is called.
    ///   - call: What is sent; the trace that it belongs to is added.
    ///   - isHedge: Whether another call is still running.
    func beginAttempt(_ target: TargetTelemetry, _ call: inout ModelCall, isHedge: Bool = false) -> AttemptReport {
        let (kind, number, previous, errorClass) = details.withLock { details in
            let previous = details.lastTarget
            details.lastTarget = target
            let kind: AttemptKind =
                isHedge ? .hedge : previous == nil ? .first : previous === target ? .retry : .fallback
            return (kind, details.attempts, previous, details.lastErrorClass)
        }
        let word = errorClass.map(ErrorWord.init) ?? .rejected
        switch kind {
        case .retry: target.metrics?.retried(after: word)
        case .fallback:
            if let other = target.metrics { previous?.metrics?.replaced(by: other, after: word) }
        case .first, .hedge: break
        }
        let span = trace?.beginAttempt(target, kind, number: number, call)
        let report = AttemptReport(
            target, kind, start: Self.timeline.now, span: span, clock: { Self.timeline.now })
        report.mark(&call.request.headers)
        return report
    }

    /// Writes that a call has failed, although another may still answer the request.
    func attemptFailed(_ error: ProviderError) {
        let classification = error.classification
        details.withLock { $0.lastErrorClass = classification.errorClass }
        var metadata: Logger.Metadata = [
            "request_id": .string(id), "target": .string(error.target),
            "error_class": .string(classification.errorClass.rawValue),
        ]
        if error.mayQuoteRequest {
            if let status = error.status { metadata["status"] = .stringConvertible(status) }
        } else {
            metadata["error"] = .string(error.description)
        }
        logger.notice("attempt failed", metadata: metadata)
    }

    /// Writes that a target was left out because the request cannot be carried over to its format.
    ///
    /// The field is named, and never what it says.
    func couldNotAsk(_ target: String, _ refusal: TranslationError) {
        logger.notice(
            "target left out",
            metadata: [
                "request_id": .string(id), "target": .string(target),
                "field": .string(refusal.parameter ?? "unknown"),
            ])
    }

    /// Corrects what the request has taken of its key's limits.
    private func settleKey(_ details: Details, status: Int) {
        guard let permit = details.keyPermit else { return }
        if let tokens = details.usage?.billable {
            permit.settle(tokens: tokens)
        } else if status >= 400 {
            // The client got no answer; what a broken stream has cost nobody knows.
            permit.settle(tokens: 0)
        }
    }

    /// A stream has ended.
    func streamEnded(_ end: StreamEnd) {
        telemetry?.metrics.streamEnded(end)
    }

    /// Writes the line, the counts and the span, once.
    ///
    /// - Parameters:
    ///   - outcome: How the request ended.
    ///   - status: The status that the client got, or would have got.
    ///   - error: What the client was told.
    ///   - isLogged: Whether there is a line; not for a request that has one already. Defaults to true.
    func end(_ outcome: Outcome, status: Int, error: GatewayError? = nil, isLogged: Bool = true) {
        guard isOver.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        let overhead = overheadNanoseconds
        let details = current
        settleKey(details, status: status)
        let elapsed = Self.timeline.now.elapsed(since: start)
        if let telemetry {
            let (isRequest, hasCalled) = (telemetry.part != .call, telemetry.part != .request)
            if isRequest { telemetry.metrics.requestEnded() }
            if hasCalled { telemetry.metrics.overhead(nanoseconds: overhead) }
            let word: ErrorWord =
                switch outcome {
                case .success, .cancelled: .none
                case .clientError, .policyRejected, .providerError:
                    error?.upstream == nil
                        ? error.map { ErrorWord($0.code) } ?? .permanent
                        : details.lastErrorClass.map(ErrorWord.init) ?? .unknown
                }
            if isRequest { telemetry.counts.count(details.model, outcome, word, nanoseconds: elapsed) }
            if hasCalled, details.attempts > 1 || details.isExhausted {
                telemetry.counts.retried(
                    details.model, attempts: details.attempts, isExhausted: details.isExhausted)
            }
        }
        let level: Logger.Level = outcome == .success || outcome == .cancelled ? .info : .notice
        let accessLog = telemetry?.accessLog ?? AccessLog(logger)
        let isLogged = isLogged && accessLog.isWritten(level)
        guard trace != nil || isLogged else { return }
        let record = AccessRecord(
            requestID: id, route: telemetry?.route, key: details.key, model: details.model, target: details.target,
            outcome: outcome,
            status: status, isStream: details.isStream, attempts: details.attempts, fallbacks: details.fallbacks,
            usage: details.usage, nanoseconds: elapsed, upstreamNanoseconds: details.upstreamNanoseconds,
            overheadNanoseconds: overhead, firstTokenNanoseconds: details.firstTokenNanoseconds,
            errorCode: error?.code,
            // What a provider says may quote the request.
            error: error?.upstream != nil ? nil : error?.message, isCall: telemetry?.part == .call)
        trace?.end(record)
        if isLogged { accessLog.write(record) }
    }
}

extension ProviderError {
    /// Whether the provider's words are about this one request, and so may hold parts of it.
    fileprivate var mayQuoteRequest: Bool {
        switch classification.errorClass {
        case .permanent, .contextWindow, .contentPolicy: status != nil
        default: false
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Milliseconds with two decimals.
    var preciseMilliseconds: String {
        let hundredths = components.seconds * 100_000 + components.attoseconds / 10_000_000_000_000
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
