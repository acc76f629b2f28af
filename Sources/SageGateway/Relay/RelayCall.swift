import HTTPTypes
import NIOCore
import SageLLM
import SageResilience

/// One call to a target for a request, from its admission to an answer that is certain.
final class RelayCall: Sendable {
    /// The target's place in the plan.
    let number: Int
    private let call: TargetCall
    private let prepared: ModelCall
    private let dropped: [String]
    private let request: InboundRequest
    private let report: RequestReport
    private let attempt: AttemptReport
    private let limits: ExchangeLimits
    private let streamEnd: Moment?
    /// Whether the attempt has less time than the target's policy gives, because the client gave little or earlier
    /// attempts have used it up: that it was too little says nothing about the target.
    private let isCutShort: Bool
    private let timeline: Timeline

    init(
        _ number: Int, _ call: TargetCall, _ prepared: ModelCall, _ dropped: [String], request: InboundRequest,
        report: RequestReport, budget: RequestBudget, isFirst: Bool, isHedge: Bool, timeline: Timeline
    ) {
        self.number = number
        self.call = call
        self.dropped = dropped
        self.request = request
        self.report = report
        self.timeline = timeline
        var prepared = prepared
        attempt = report.beginAttempt(call.target.telemetry, &prepared, isHedge: isHedge)
        self.prepared = prepared
        var limits = call.target.policy.limits(forClientsShare: budget.clientsShare)
        let timeLeft = budget.timeUntilAnswer(now: timeline.now)
        isCutShort = timeLeft < limits.attempt && (budget.isClients || !isFirst)
        limits.attempt = min(limits.attempt, timeLeft)
        self.limits = limits
        streamEnd = budget.streamEnd
    }

    var target: RouteTarget { call.target }
    /// The position of the provider's key that signs it.
    var key: Int { call.key }

    /// Makes the call.
    ///
    /// - Throws: ``ProviderError``, or `CancellationError` when nobody waits for it any more.
    func send() async throws -> ModelExchange.Answer {
        do {
            return try await target.exchange.start(prepared, limits: limits, deadline: streamEnd)
        } catch {
            if isCutShort, (error as? ProviderError)?.kind == .timeout(.total) {
                attempt.cancelled()
                call.ignore()
            } else {
                attempt.failed(error)
                call.fail(error, now: timeline.now)
            }
            throw error
        }
    }

    /// Takes the call's answer for the client.
    func accept(_ answer: ModelExchange.Answer) -> RequestRelay.Reply {
        switch answer {
        case .completion(let completion):
            call.learn(from: completion.headers)
            call.settle(completion.usage)
            call.succeed(now: timeline.now)
            attempt.succeeded(completion.usage, finishReasons: completion.finishReasons, body: completion.body)
            report.update { details in
                details.target = target.name
                details.dropped = dropped
                details.usage = completion.usage
            }
            var headers = completion.headers.filteredForClient
            // What a translation had to guess; without one the answer is the provider's own, whatever it tells.
            if request.format == .embeddings, prepared.translation != nil, completion.usage?.prompt == nil {
                headers[.estimated] = "prompt_tokens"
            }
            return .completion(completion.body, headers)
        case .stream(let stream):
            call.learn(from: stream.headers)
            call.firstTokenArrived(now: timeline.now)
            attempt.firstTokenArrived()
            report.update { details in
                details.target = target.name
                details.dropped = dropped
                details.firstTokenNanoseconds = attempt.nanosecondsToFirstToken
            }
            var headers = stream.headers.filteredForClient
            headers[.contentType] = request.isArray ? "application/json" : "text/event-stream"
            return .stream(
                RelayedStream(
                    stream, as: request.format, isArray: request.isArray, call: call, attempt: attempt, report: report,
                    timeline: timeline, inputEstimate: TokenEstimate.input(request.body)),
                headers)
        }
    }

    /// Gives up an answer that came after another one.
    func discard(_ answer: ModelExchange.Answer) {
        if case .stream(let stream) = answer { stream.cancel() }
    }

    /// Another call has answered: nobody is to blame for what this one had not said by then.
    ///
    /// - Parameter hedge: Whether that other one was sent later, so that the time that this one had says how slow it was.
    func overtaken(byHedge hedge: Bool, now: Moment) {
        if hedge { call.overtaken(now: now) } else { call.ignore() }
        attempt.cancelled()
    }
}
