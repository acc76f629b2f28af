public import Configuration
public import SageResilience

extension SupervisionPolicy {
    /// Reads a policy: `maxRestarts`, `restartWindow`, `backoff.initialDelay`, `onExcess` and more; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the policy's settings.
    ///   - default: What holds for absent keys. Defaults to `SupervisionPolicy.default`.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(reading config: ConfigReader, default: SupervisionPolicy = .default) throws(ConfigurationError) {
        self = try SettingScope(config).supervision(default: `default`)
    }
}

extension Supervisor {
    /// Creates a supervisor from settings: `strategy`, `shutdownGrace`, `shutdownLimit`, `returnsWhenIdle` and those of
    /// its `SupervisionPolicy`; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - config: Where to read, scoped to the supervisor's settings.
    ///   - default: The policy where keys are absent. Defaults to `SupervisionPolicy.default`.
    ///   - classifier: Says of which class the errors in reports are. Defaults to the default classifier.
    ///   - clock: The clock that measures and waits. Defaults to `ContinuousClock`.
    ///   - random: Where the backoff's jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the supervisor's events. Defaults to nobody.
    ///   - children: The children, in the order in which they start.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key, or two children
    ///   of one name.
    public convenience init(
        _ name: String, reading config: ConfigReader, default: SupervisionPolicy = .default,
        classifier: ErrorClassifier = .default, clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system, listener: (any ResilienceListener)? = nil,
        @ChildBuilder children: () -> [Child] = { [] }
    ) throws(ConfigurationError) {
        let settings = try SettingScope(config).supervisor(default: `default`)
        try self.init(
            name, strategy: settings.strategy, policy: settings.policy, shutdownGrace: settings.shutdownGrace,
            shutdownLimit: settings.shutdownLimit, returnsWhenIdle: settings.returnsWhenIdle, classifier: classifier,
            clock: clock, random: random, listener: listener, children: children)
    }
}

/// What a supervisor is built from.
struct SupervisorSettings {
    let strategy: Supervisor.Strategy
    let policy: SupervisionPolicy
    let shutdownGrace: Duration
    let shutdownLimit: Duration
    let returnsWhenIdle: Bool
}

extension SettingScope {
    private enum ExcessWord: String, CaseIterable {
        case stop, escalate, restartGroup
    }

    func supervisor(default value: SupervisionPolicy) throws(ConfigurationError) -> SupervisorSettings {
        SupervisorSettings(
            strategy: try word(
                "strategy", default: "oneForOne",
                among: ["oneForOne": .oneForOne, "oneForAll": .oneForAll, "restForOne": .restForOne]) ?? .oneForOne,
            policy: try supervision(default: value),
            shutdownGrace: try duration("shutdownGrace", default: .seconds(10), "0 or more"),
            shutdownLimit: try duration("shutdownLimit", default: .seconds(5), "0 or more"),
            returnsWhenIdle: try flag("returnsWhenIdle", default: true))
    }

    func supervision(default value: SupervisionPolicy) throws(ConfigurationError) -> SupervisionPolicy {
        let intensity = try intensity("maxRestarts", "restartWindow", default: value.intensity)
        let backoff = try scoped("backoff").backoff(default: value.backoff)
        // What follows from the window in the default follows from what was read for it, too.
        let followsWindow = value.stableAfter == value.intensity.window
        let stableAfter = try duration(
            "stableAfter", default: followsWindow ? intensity.window : value.stableAfter, "0 or more")
        var (word, groupDefault) = (ExcessWord.escalate, RestartIntensity.default)
        switch value.onExcess {
        case .stop: word = .stop
        case .restartGroup(let group): (word, groupDefault) = (.restartGroup, group)
        default: break
        }
        word = try self.word("onExcess", default: word)
        let group = try self.intensity("maxGroupRestarts", "groupRestartWindow", default: groupDefault)
        let onExcess: SupervisionPolicy.ExcessAction =
            switch word {
            case .stop: .stop
            case .escalate: .escalate
            case .restartGroup: .restartGroup(group)
            }
        return try build { () throws(ConfigurationError) in
            try SupervisionPolicy(
                intensity: intensity, backoff: backoff, stableAfter: stableAfter, onExcess: onExcess)
        }
    }

    private func intensity(
        _ maxKey: String, _ windowKey: String, default value: RestartIntensity
    ) throws(ConfigurationError) -> RestartIntensity {
        let maxRestarts = try integer(maxKey, default: value.maxRestarts, "0 to 10000")
        let window = try duration(windowKey, default: value.window, "1ns or more")
        return try build(["maxRestarts": maxKey, "within": windowKey]) { () throws(ConfigurationError) in
            try RestartIntensity(maxRestarts: maxRestarts, within: window)
        }
    }
}
