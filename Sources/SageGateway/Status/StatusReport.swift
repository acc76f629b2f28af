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
    private let startedAt = ContinuousClock.now
    private let loadedAt = Date.now
    private let instance = RequestIdentifier.next().replacing("req_", with: "sage_")

    init(_ routes: RouteTable) {
        self.routes = routes
    }

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
        return ["status": .string(overall.rawValue), "services": .object(services)]
    }

    /// `GET /status`.
    var full: JSONValue {
        [
            "status": .string(overall.rawValue),
            "version": .string(SageVersion.current),
            "uptime_seconds": .integer((ContinuousClock.now - startedAt).components.seconds),
            "instance": .string(instance),
            "targets": .array(routes.targets.map(describe)),
            "limiters": [],
            "bulkheads": [],
            "stores": [],
            "supervisors": [],
            "config": ["loaded_at": .string(loadedAt.timestamp), "last_reload": .null],
        ]
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
        if unusable == 0 { return whyNotReady == nil ? .healthy : .unhealthy }
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
            "queued": 0,
            "limits": .null,
            "paused_until": pause > 0 ? .string(ago(.nanoseconds(-pause))) : .null,
        ]
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
