/// When a failed task is started again, and what happens when it fails too often.
///
/// A value type; the same policy can serve many supervisors.
public struct SupervisionPolicy: Sendable {
    /// What happens when restarts exceed the intensity.
    @nonexhaustive
    public enum ExcessAction: Sendable, Hashable {
        /// Stop everything, and return as if the work were done; reports and events say that it is not.
        case stop
        /// Stop everything, and throw a ``SupervisorError`` with the child's name and its last error.
        case escalate
        /// Stop everything and start it again, counting from zero.
        ///
        /// That may happen at most as often as this second intensity allows; then the supervisor escalates.
        case restartGroup(RestartIntensity)
    }

    /// How many restarts are normal.
    public let intensity: RestartIntensity
    /// How long to wait before each restart.
    public let backoff: Backoff
    /// How long a task must have run for its next restart to wait as briefly as the first.
    public let stableAfter: Duration
    /// What happens when restarts exceed the intensity.
    public let onExcess: ExcessAction

    /// At most 3 restarts within 60 s, exponential backoff from 1 s to 30 s, escalation.
    public static let `default` = SupervisionPolicy(
        intensity: .default, backoff: defaultBackoff, stableAfter: RestartIntensity.default.window,
        onExcess: .escalate)

    /// Exponential from 1 s to 30 s; half of each delay is fixed, so that a child that fails at once is never started
    /// again at once.
    public static let defaultBackoff = (try? Backoff.exponential(maxDelay: .seconds(30), jitter: .equal)) ?? .default

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - intensity: How many restarts are normal. Defaults to 3 within 60 s.
    ///   - backoff: How long to wait before each restart. Defaults to ``defaultBackoff``.
    ///   - stableAfter: How long a task must have run for the backoff to begin anew, zero or more; zero starts anew
    ///     every time. Defaults to the intensity's window.
    ///   - onExcess: What happens when restarts exceed the intensity. Defaults to escalation.
    /// - Throws: ``ConfigurationError`` for a negative `stableAfter`.
    public init(
        intensity: RestartIntensity = .default, backoff: Backoff = SupervisionPolicy.defaultBackoff,
        stableAfter: Duration? = nil, onExcess: ExcessAction = .escalate
    ) throws(ConfigurationError) {
        if let stableAfter { try Validation.notNegative("stableAfter", stableAfter) }
        self.init(
            intensity: intensity, backoff: backoff, stableAfter: stableAfter ?? intensity.window, onExcess: onExcess)
    }

    private init(
        intensity: RestartIntensity, backoff: Backoff, stableAfter: Duration, onExcess: ExcessAction
    ) {
        self.intensity = intensity
        self.backoff = backoff
        self.stableAfter = stableAfter
        self.onExcess = onExcess
    }
}
