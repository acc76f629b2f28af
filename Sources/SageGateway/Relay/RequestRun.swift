import HTTPTypes
import SageLLM
import SageResilience

/// One request on its way through its model's targets: carries out what the plan decides.
final class RequestRun {
    private let request: InboundRequest
    private let report: RequestReport
    private let random: RandomSource
    private let timeline: Timeline
    private let budget: RequestBudget
    private let hedges: HedgeRule
    private let targets: [RouteTarget]
    private var plan: RoutePlan
    /// The last failure that the client is told of.
    private var lastError: ProviderError?
    /// Why the request could not be translated for a target.
    private var refusal: TranslationError?
    /// The limit that would have room again first.
    private var limit: LimitRefusal?

    init(
        _ request: InboundRequest, _ route: RouteTable.Route, report: RequestReport, random: RandomSource,
        timeline: Timeline
    ) {
        self.request = request
        self.report = report
        self.random = random
        self.timeline = timeline
        let now = timeline.now
        hedges = route.policy.hedge
        let candidates = route.candidates(
            isStream: request.isStream, allowsFallback: !request.options.forbidsFallback, now: now, random: random)
        targets = candidates.targets
        budget = RequestBudget(
            route.policy, request.options, isStream: request.isStream, targets: candidates.ownCount, now: now)
        plan = RoutePlan(
            targets: candidates.usualCount, own: candidates.ownCount, alternatives: candidates.alternatives,
            maxAttempts: budget.maxAttempts, deadline: budget.deadline, allowsRetry: !request.options.forbidsRetry,
            retry: route.policy.retry)
    }

    /// Goes from target to target until one answers for certain.
    ///
    /// - Throws: ``GatewayError``, or `CancellationError` when the client went away.
    func answer() async throws -> RequestRelay.Reply {
        while true {
            let now = timeline.now
            let step = plan.next(
                now: now, random: random,
                availability: { [targets] in targets[$0].availability(avoiding: $1, now: now) },
                budget: { [targets] in RetryReservation(targets[$0].budget) })
            switch step {
            case .fail(let ending):
                if let estimate = estimatedCount() { return estimate }
                if ending == .spent(.attemptsExhausted) { report.update { $0.isExhausted = true } }
                throw GatewayError(ending, lastError, refusal, limit, pause: pauseCause(ending, now))
            case .wait(let nanoseconds):
                report.update { $0.waited += .nanoseconds(nanoseconds) }
                try await timeline.sleep(nanoseconds: nanoseconds)
            case .attempt(let number):
                let limits = targets[number].limits
                let permit =
                    try await limits.isShared
                    ? limits.tryAcquireShared(request.estimatedTokens) : limits.tryAcquire(request.estimatedTokens)
                guard let permit else {
                    plan.limited(number)
                    continue
                }
                // The rule of a fast path: the reading of the clock that the plan has used serves the attempt too.
                let start = limits.isShared ? timeline.now : now
                if let reply = try await attempt(number, permit, now: start) { return reply }
            case .queue(let number):
                guard let permit = try await queue(number) else { continue }
                if let reply = try await attempt(number, permit, now: timeline.now) { return reply }
            }
        }
    }

    /// Why the target asked for a pause that may be called first.
    private func pauseCause(_ ending: RoutePlan.Ending, _ now: Moment) -> TargetFailure? {
        guard case .paused = ending else { return nil }
        return targets.filter { $0.pausedUntil > now }.min { $0.pausedUntil < $1.pausedUntil }?.pauseCause(now: now)
    }

    /// A guess for a client that only asks how many tokens its request has, when a target was left out because its
    /// provider does not count; nil for all other requests.
    private func estimatedCount() -> RequestRelay.Reply? {
        guard request.format == .countTokens, refusal != nil else { return nil }
        report.update { $0.target = nil }
        let count: JSONValue = ["input_tokens": .integer(Int64(TokenEstimate.input(request.body)))]
        return .completion(count.jsonBuffer, [.contentType: "application/json", .estimated: "input_tokens"])
    }

    /// Waits for what a call needs of the target's limits; nil when it is refused.
    private func queue(_ number: Int) async throws -> LimitPermit? {
        let start = timeline.now
        defer { report.update { [timeline] in $0.waited += .nanoseconds(timeline.now.elapsed(since: start)) } }
        do {
            return try await targets[number].limits.acquire(
                request.estimatedTokens, priority: request.priority, deadline: budget.deadline)
        } catch let error as LimitRefusal {
            plan.refused(number, retryAfter: error.retryAfter.saturatingNanoseconds)
            limit = limit.map { $0.retryAfter < error.retryAfter ? $0 : error } ?? error
            return nil
        }
    }

    /// Calls a target, and others beside it when that takes long and may be hedged.
    ///
    /// - Returns: The answer; nil when there is none and the plan knows why.
    private func attempt(_ number: Int, _ permit: LimitPermit, now: Moment) async throws -> RequestRelay.Reply? {
        let wording = request.isLarge ? try await wording(number, permit) : nil
        guard let call = begin(number, permit, wording, avoiding: plan.avoidedKeys(of: number), now: now) else {
            return nil
        }
        let allowance = hedges.allowance(wish: request.options.hedge)
        guard allowance == 0 else { return try await race(call, allowance) }
        do {
            return call.accept(try await waiting { try await call.send() })
        } catch let error as ProviderError {
            failed(call, error)
            return nil
        }
    }

    /// Calls others beside a call that takes long, and takes the answer that comes first.
    private func race(_ first: RelayCall, _ allowance: Int) async throws -> RequestRelay.Reply? {
        var calls = [first]
        var isOver: Set<Int> = []
        let start = timeline.now
        defer { waited(since: start) }
        let race = try await HedgeRace.run(
            .init(id: 0, run: first.send),
            every: first.target.hedgeDelay(hedges, isStream: request.isStream), maxHedges: allowance,
            timeline: timeline,
            hedge: {
                let inFlight = calls.indices.first { !isOver.contains($0) } ?? 0
                guard let hedge = await beginHedge(besides: calls[inFlight]) else { return nil }
                calls.append(hedge)
                return .init(id: calls.count - 1, run: hedge.send)
            },
            failed: { id, error in
                isOver.insert(id)
                guard let error = error as? ProviderError else { return true }
                failed(calls[id], error)
                return error.fallbackKind != nil
            },
            discarded: { id, answer in calls[id].discard(answer) })
        guard let race else { return nil }
        for (id, call) in calls.enumerated() where id != race.id && !isOver.contains(id) {
            call.overtaken(byHedge: race.id > id, now: timeline.now)
        }
        return calls[race.id].accept(race.value)
    }

    /// Runs a call, whose time is not Sage's own.
    private func waiting<Value>(_ work: () async throws -> Value) async throws -> Value {
        let start = timeline.now
        defer { waited(since: start) }
        return try await work()
    }

    private func waited(since start: Moment) {
        report.update { [timeline] in $0.waited += .nanoseconds(timeline.now.elapsed(since: start)) }
    }

    /// Begins a call beside another; nil when there is nowhere to send it, or nothing left for it.
    private func beginHedge(besides call: RelayCall) async -> RelayCall? {
        // Each round takes one target out of the plan's choice.
        for _ in targets {
            guard let (hedge, permit) = await nextHedge(besides: call) else { return nil }
            guard let permit else {
                plan.limited(hedge.target)
                continue
            }
            // A client that has left ends the race by itself.
            let wording = request.isLarge ? try? await wording(hedge.target, permit) : nil
            if let leg = begin(
                hedge.target, permit, wording, avoiding: hedge.avoidedKeys, now: timeline.now,
                isHedgeHolding: hedge.reservation)
            {
                return leg
            }
        }
        return nil
    }

    private func nextHedge(besides call: RelayCall) async -> (RoutePlan.Hedge, LimitPermit?)? {
        let now = timeline.now
        let hedge = plan.hedge(
            besides: call.number, now: now,
            availability: { [targets] in targets[$0].availability(avoiding: $1, now: now) },
            budget: { [targets] in RetryReservation(targets[$0].budget) })
        guard let hedge else { return nil }
        let limits = targets[hedge.target].limits
        // A client that has left ends the race by itself.
        let permit =
            try? await limits.isShared
            ? limits.tryAcquireShared(request.estimatedTokens) : limits.tryAcquire(request.estimatedTokens)
        return (hedge, permit)
    }

    /// What a target is asked, or why it cannot be asked.
    private typealias Worded = Result<RouteTarget.Wording, any Error>

    /// Words a large request for a target, away from the event loop.
    ///
    /// - Throws: `CancellationError`.
    private func wording(_ number: Int, _ permit: LimitPermit) async throws -> Worded {
        let (target, request) = (targets[number], request)
        do {
            return try await LargeWork.run { Result { try target.wording(of: request) } }
        } catch {
            permit.refund()
            throw error
        }
    }

    /// Begins a call; nil when the target cannot take it, which the plan then knows.
    ///
    /// - Parameters:
    ///   - wording: What the target is asked; nil to find that now.
    ///   - hedgeReservation: What a hedge holds of the retry budget; nil for a call that is none.
    private func begin(
        _ number: Int, _ permit: LimitPermit, _ wording: Worded?, avoiding keys: KeySet, now: Moment,
        isHedgeHolding hedgeReservation: RetryReservation? = nil
    ) -> RelayCall? {
        let target = targets[number]
        let isHedge = hedgeReservation != nil
        do {
            let admitted = try target.admit(
                isStream: request.isStream, avoiding: keys, limit: permit, estimate: request.estimatedTokens,
                holding: hedgeReservation ?? plan.reservation(of: number), now: now)
            let (prepared, dropped) = try target.prepare(request, wording?.get(), key: admitted.key)
            plan.started(number, key: admitted.key, isHedge: isHedge)
            report.update { [attempts = plan.attempts, fallbacks = plan.fallbacks] details in
                details.attempts = attempts
                details.fallbacks = fallbacks
                // A hedge is named when it has answered.
                guard !isHedge else { return }
                details.target = target.name
                details.dropped = dropped
            }
            return RelayCall(
                number, admitted, prepared, dropped, request: request, report: report, budget: budget,
                isFirst: plan.attempts == 1, isHedge: isHedge, timeline: timeline)
        } catch let error as CircuitBreakerError {
            plan.refused(number, retryAfter: error.retryAfter?.saturatingNanoseconds)
        } catch let error as TranslationError {
            refusal = error
            report.couldNotAsk(target.name, error)
            plan.cannotAnswer(number)
        } catch {
            // The body has been read as JSON before; nothing else is known to go wrong.
            report.couldNotAsk(target.name, TranslationError("\(type(of: error))"))
            plan.cannotAnswer(number)
        }
        return nil
    }

    private func failed(_ call: RelayCall, _ error: ProviderError) {
        report.attemptFailed(error)
        let isTold = plan.failed(
            call.number, error.classification, kind: error.fallbackKind,
            key: KeyTrouble(error) == nil ? nil : call.key)
        if isTold { lastError = error }
    }
}
