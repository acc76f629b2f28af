import HTTPTypes
import NIOCore
import SageLLM
import SageResilience

/// Gets a client's request answered by one of its model's targets.
struct ChatRelay: Sendable {
    /// What the client gets.
    enum Reply: Sendable {
        case completion(ByteBuffer, HTTPFields)
        case stream(RelayedStream, HTTPFields)
    }

    private let routes: RouteTable
    private let random: RandomSource
    private let timeline: Timeline

    init(_ routes: RouteTable, random: RandomSource = .system, clock: any Clock<Duration> = ContinuousClock()) {
        self.routes = routes
        self.random = random
        self.timeline = Timeline(clock)
    }

    /// Sends a request to one target after the other until one answers for certain.
    ///
    /// - Throws: ``GatewayError``, or `CancellationError` when the client went away.
    func answer(_ request: ChatRequest, report: RequestReport) async throws -> Reply {
        let route = try routes.resolve(request.model)
        let budget = RequestBudget(route.policy, request.options, now: timeline.now)
        let (targets, alternatives) = candidates(of: route, request.options)
        var plan = RoutePlan(
            targets: 0..<(targets.count - alternatives.values.reduce(0) { $0 + $1.count }), alternatives: alternatives,
            maxAttempts: budget.maxAttempts, deadline: budget.deadline, allowsRetry: !request.options.forbidsRetry,
            retry: route.policy.retry)
        var lastError: ProviderError?
        while true {
            let step = plan.next(
                now: timeline.now, random: random, pausedUntil: { targets[$0].pausedUntil },
                budget: { RetryReservation(targets[$0].budget) })
            switch step {
            case .fail(let ending):
                throw GatewayError(ending, lastError)
            case .wait(let nanoseconds):
                report.update { $0.waited += .nanoseconds(nanoseconds) }
                try await timeline.sleep(nanoseconds: nanoseconds)
            case .attempt(let number):
                do {
                    let call = try targets[number].admit()
                    plan.started(number)
                    report.update { [attempts = plan.attempts, fallbacks = plan.fallbacks] details in
                        details.target = targets[number].name
                        details.attempts = attempts
                        details.fallbacks = fallbacks
                    }
                    return try await attempt(
                        request, call, isFirst: plan.attempts == 1, budget: budget, report: report)
                } catch let rejection as CircuitBreakerError {
                    plan.refused(number, retryAfter: rejection.retryAfter?.saturatingNanoseconds)
                } catch let error as ProviderError {
                    lastError = error
                    report.attemptFailed(error)
                    plan.failed(number, error.classification, kind: error.fallbackKind)
                }
            }
        }
    }

    /// The model's targets, followed by those for requests that it cannot serve.
    private func candidates(
        of route: RouteTable.Route, _ options: ClientOptions
    ) -> ([RouteTarget], [Fallback.Kind: Range<Int>]) {
        guard !options.forbidsFallback else { return (Array(route.targets.prefix(1)), [:]) }
        var targets = route.targets
        var alternatives: [Fallback.Kind: Range<Int>] = [:]
        for (kind, models) in [
            (Fallback.Kind.contextWindow, route.fallbacks.contextWindow),
            (.contentPolicy, route.fallbacks.contentPolicy),
        ] {
            let others = models.compactMap { routes.route($0) }.flatMap(\.targets)
            guard !others.isEmpty else { continue }
            alternatives[kind] = targets.count..<(targets.count + others.count)
            targets += others
        }
        return (targets, alternatives)
    }

    private func attempt(
        _ request: ChatRequest, _ call: TargetCall, isFirst: Bool, budget: RequestBudget, report: RequestReport
    ) async throws -> Reply {
        let target = call.target
        let upstream = target.endpoint.chatRequest(
            body: request.body(forModel: target.model), isStream: request.isStream, forwarded: request.forwarded)
        var limits = target.policy.limits
        let timeLeft = budget.timeUntilAnswer(now: timeline.now)
        // The client gave little time, or earlier attempts have used it up: both say nothing about this target.
        let isCutShort = timeLeft < limits.attempt && (budget.isClients || !isFirst)
        limits.attempt = min(limits.attempt, timeLeft)
        let start = ContinuousClock.now
        defer { report.update { $0.waited += ContinuousClock.now - start } }
        do {
            let answer = try await target.exchange.start(
                upstream, isStream: request.isStream, expectedChoices: request.choices, limits: limits,
                deadline: budget.streamEnd)
            switch answer {
            case .completion(let completion):
                call.succeed()
                report.update { $0.usage = completion.usage }
                return .completion(completion.body, completion.headers.filteredForClient)
            case .stream(let stream):
                call.firstTokenArrived()
                return .stream(
                    RelayedStream(stream, call: call, report: report, timeline: timeline),
                    stream.headers.filteredForClient)
            }
        } catch {
            if isCutShort, (error as? ProviderError)?.kind == .timeout(.total) {
                call.ignore()
            } else {
                call.fail(error, now: timeline.now)
            }
            throw error
        }
    }
}

/// How many calls and how much time one request has.
private struct RequestBudget {
    let maxAttempts: Int
    /// When the answer must be there, or a stream have begun.
    let deadline: Moment
    /// When a stream must have ended.
    let streamEnd: ContinuousClock.Instant
    /// Whether the client has chosen the deadline, rather than the policy.
    let isClients: Bool

    init(_ policy: TargetPolicy, _ options: ClientOptions, now: Moment) {
        // The client's library repeats whole requests: its attempts count as ours.
        maxAttempts = max(1, policy.retry.maxAttempts - options.previousAttempts)
        let total = min(policy.deadline, options.timeout ?? policy.deadline)
        streamEnd = ContinuousClock.now.advanced(by: total)
        // A little earlier than the client gives up, so that it is Sage's answer that it gets.
        let untilAnswer = min(total, options.readTimeout.map { $0 * 0.95 } ?? total)
        deadline = now.advanced(by: untilAnswer.saturatingNanoseconds)
        isClients = untilAnswer < policy.deadline
    }

    func timeUntilAnswer(now: Moment) -> Duration {
        .nanoseconds(deadline.elapsed(since: now))
    }
}

extension GatewayError {
    /// What the client gets when no target has answered.
    fileprivate init(_ ending: RoutePlan.Ending, _ lastError: ProviderError?) {
        switch (ending, lastError) {
        case (.circuitOpen(let wait), _):
            self.init(
                .circuitOpen, "every target's circuit breaker is open",
                retryAfter: .nanoseconds(wait ?? 1_000_000_000))
        case (.paused(let wait), let error):
            self =
                error.map { GatewayError($0, retriesSpent: false) }
                ?? GatewayError(
                    .rateLimited,
                    "every target has asked not to be called for \(Duration.nanoseconds(wait).components.seconds) s")
            retryAfter = .nanoseconds(wait)
        case (.requestRefused, let error?):
            self.init(error, retriesSpent: false)
        case (.spent(.deadlineExceeded), let error):
            let detail = error.map { "; the last error was: \($0)" } ?? ""
            self.init(.deadlineExceeded, "no answer within the deadline" + detail, forbidsRetry: true)
            upstream = error.flatMap { GatewayError($0, retriesSpent: true).upstream }
        case (.spent, let error?):
            self.init(error, retriesSpent: true)
        case (.spent, nil), (.requestRefused, nil):
            self.init(.overloaded, "no target could be tried", retryAfter: .seconds(1))
        }
    }
}
