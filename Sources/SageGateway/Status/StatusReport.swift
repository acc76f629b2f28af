import SageLLM
import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What Sage knows about itself and the services behind it.
struct StatusReport: Sendable {
    private let routes: RouteTable
    private let keys: ClientKeys
    private let agent: Agent?
    private let sharedState: SharedState?
    private let startedAt = ContinuousClock.now
    private let loadedAt = Date.now
    private let instance = RequestIdentifier.next().replacing("req_", with: "sage_")

    init(
        _ routes: RouteTable, keys: ClientKeys = .open, agent: Agent? = nil, sharedState: SharedState? = nil
    ) {
        self.routes = routes
        self.keys = keys
        self.agent = agent
        self.sharedState = sharedState
    }

    /// Asks the stores what is in them, for the next report.
    func sample() async { await agent?.stores.sample() }

    /// Why no request could be served now; nil when one could.
    var whyNotReady: String? {
        let targets = routes.configuredTargets
        // A provider's own models can be asked for without being configured.
        guard !targets.isEmpty else { return routes.hasProviders ? nil : "no model and no provider is configured" }
        let answers = targets.map(whyUnusable)
        guard !answers.contains(nil) else { return nil }
        return "no target can be called: " + answers.compactMap(\.self).sorted().prefix(10).joined(separator: "; ")
    }

    /// Why a request to a target would be refused now without being tried; nil when it would not.
    private func whyUnusable(_ target: RouteTarget) -> String? {
        let snapshot = target.breaker.snapshot()
        // An open breaker whose time has passed lets the next call through.
        if snapshot.state == .forcedOpen || snapshot.state == .open && snapshot.retryAfter != .zero {
            return "\(target.name): its circuit breaker is open"
        }
        let pause = Duration.nanoseconds(target.pausedUntil.elapsed(since: target.breaker.timeline.now))
        if pause > target.policy.retry.maxServerHint {
            return "\(target.name): it asked not to be called for \(pause.components.seconds) s"
        }
        return nil
    }

    /// `GET /health`.
    var health: JSONValue {
        var services = JSONObject()
        // Names that clients made up are for operators only: everybody may see this page.
        for target in routes.configuredTargets.sorted(by: { $0.name < $1.name }) {
            let snapshot = target.breaker.snapshot()
            services[target.name] = [
                "state": .string(snapshot.state.rawValue),
                "failure_rate": snapshot.failureRate.map(JSONValue.number) ?? .null,
                "last_failure": lastFailure(of: target, withMessage: false),
                "failures_per_minute": .number(snapshot.failuresPerMinute),
            ]
        }
        var stores = JSONObject()
        for store in storeStatuses {
            var members: JSONObject = ["state": store.isUp ? "up" : store.error == nil ? "opening" : "down"]
            // Everybody may see this page: what is wrong in detail stands in the status.
            if store.error != nil { members["remedy"] = "see stores in /status, or run `sage doctor`" }
            if store.name == "memory", agent?.stores.embedderProblem != nil {
                members["embedder"] = "down"
                members["remedy"] = "see memory.embedder_problem in /status"
            }
            stores[store.name] = .object(members)
        }
        return [
            "status": .string(overall.rawValue), "services": .object(services), "stores": .object(stores),
        ]
    }

    /// `GET /status`.
    var full: JSONValue {
        let (sessions, memory) = agent?.statusParts ?? ([:], [:])
        return [
            "status": .string(overall.rawValue),
            "version": .string(SageVersion.current),
            "uptime_seconds": .integer((ContinuousClock.now - startedAt).components.seconds),
            "instance": .string(instance),
            "targets": .array(routes.targets.map(describe)),
            "limiters": .array(limitSets.flatMap(\.limiterStatus)),
            "bulkheads": .array(limitSets.compactMap(\.bulkheadStatus)),
            "stores": .array(storeStatuses.map(\.json)),
            "supervisors": [],
            "sessions": sessions,
            "memory": memory,
            "config": ["loaded_at": .string(loadedAt.timestamp), "last_reload": .null],
        ]
    }

    private var limitSets: [LimitSet] { routes.limitSets + keys.all.compactMap(\.limits) }

    private var storeStatuses: [StoreStatus] {
        (sharedState.map { [$0.status] } ?? []) + (agent?.stores.statuses ?? [])
    }

    private enum Overall: String {
        case healthy
        case degraded
        case unhealthy
    }

    private var overall: Overall {
        let targets = routes.configuredTargets
        let unusable = targets.filter {
            whyUnusable($0) != nil || $0.breaker.state == .open || $0.needsAttention
        }.count
        if unusable == 0 {
            guard whyNotReady == nil else { return .unhealthy }
            let isWhole = storeStatuses.allSatisfy { $0.error == nil } && agent?.stores.embedderProblem == nil
            return isWhole ? .healthy : .degraded
        }
        return unusable == targets.count ? .unhealthy : .degraded
    }

    private func describe(_ target: RouteTarget) -> JSONValue {
        let snapshot = target.breaker.snapshot()
        let pause = target.pausedUntil.elapsed(since: target.breaker.timeline.now)
        return [
            "name": .string(target.name),
            "provider": .string(target.provider),
            "model": .string(target.model),
            "state": .string(snapshot.state.rawValue),
            "breaker": [
                "state": .string(snapshot.state.rawValue),
                "since": .string(ago(snapshot.timeInState)),
                "failure_rate": snapshot.failureRate.map(JSONValue.number) ?? .null,
                "slow_rate": snapshot.slowCallRate.map(JSONValue.number) ?? .null,
                "calls": .integer(Int64(snapshot.calls)),
                "failures": .integer(Int64(snapshot.failures)),
                "not_permitted": .integer(Int64(snapshot.rejected)),
                "times_opened": .integer(Int64(snapshot.timesOpened)),
                "retry_after_ms": snapshot.retryAfter.map { .integer($0.wholeMilliseconds) } ?? .null,
                "last_failure": lastFailure(of: target, withMessage: true),
            ],
            "in_flight": .integer(Int64(target.inFlight)),
            "queued": .integer(Int64(target.limits.queued)),
            "limits": target.limits.status,
            "paused_until": pause > 0 ? .string(ago(.nanoseconds(-pause))) : .null,
            "keys": .array(keys(of: target)),
        ]
    }

    /// The state of each key that a target is called with, by its position: nothing of the key itself.
    private func keys(of target: RouteTarget) -> [JSONValue] {
        let now = target.breaker.timeline.now
        return target.keys.states(now: now).enumerated().map { index, state in
            let (name, until): (String, Moment?) =
                switch state {
                case .usable: ("usable", nil)
                case .paused(let until): ("paused", until)
                case .refused(let until): ("refused", until)
                }
            return [
                "index": .integer(Int64(index)), "state": .string(name),
                "until": until.map { .string(ago(.nanoseconds(-$0.elapsed(since: now)))) } ?? .null,
            ]
        }
    }

    /// - Parameter withMessage: Whether to tell what the provider said; only to those who may see the status.
    private func lastFailure(of target: RouteTarget, withMessage: Bool) -> JSONValue {
        guard let failure = target.lastFailure else { return .null }
        var members: JSONObject = [
            "time": .string(ago(.nanoseconds(target.breaker.timeline.now.elapsed(since: failure.moment)))),
            "class": .string(failure.errorClass.rawValue),
        ]
        if withMessage { members["message"] = .string(failure.message) }
        return .object(members)
    }

    private func ago(_ duration: Duration) -> String {
        Date.now.addingTimeInterval(-Double(duration.wholeMilliseconds) / 1_000).timestamp
    }
}

extension Date {
    /// The time in ISO 8601, in UTC with milliseconds.
    fileprivate var timestamp: String {
        formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
