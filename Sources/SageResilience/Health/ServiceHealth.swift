/// How well something is.
public enum HealthStatus: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// It works.
    case healthy
    /// It works with less: something that can be done without is missing, or is being tried again.
    case degraded
    /// It does not work.
    case unhealthy

    /// Whether the first is better than the second.
    public static func < (lhs: HealthStatus, rhs: HealthStatus) -> Bool { lhs.severity < rhs.severity }

    private var severity: Int {
        switch self {
        case .healthy: 0
        case .degraded: 1
        case .unhealthy: 2
        }
    }
}

/// What a program is without one of its services.
public enum ServiceImportance: Sendable, Hashable, Codable {
    /// Without it the program is unhealthy.
    case critical
    /// Without it the program is degraded.
    case optional
    /// One of several that can stand in for each other: the program is degraded without some of a group, and
    /// unhealthy without all of it.
    case alternative(group: String)
}

/// How well a service is, as far as one policy or check knows.
public struct ServiceHealth: Sendable, Hashable, Codable {
    /// How well it is.
    public var status: HealthStatus
    /// The state in the words of the policy, for example `half_open`; a check is `passing`, `failing` or `timed_out`.
    public var state: String
    /// What the program is without it; a ``HealthChecker`` fills this in.
    public var importance = ServiceImportance.critical
    /// The share of failed calls, from 0 to 1; nil where it is not measured or too few calls were made.
    public var failureRate: Double?
    /// The last failure; nil when there was none.
    public var lastFailure: LastFailure?
    /// Why it is not healthy, as a sentence without secrets; nil when it is.
    public var reason: String?
    /// Other numbers, for example `failures_per_minute` or `waiting`.
    public var measurements: [String: Double]

    private enum CodingKeys: String, CodingKey {
        case status
        case state
        case importance
        case failureRate = "failure_rate"
        case lastFailure = "last_failure"
        case reason
        case measurements
    }

    /// A failure, without its text, which may hold secrets.
    public struct LastFailure: Sendable, Hashable {
        /// How long ago it was.
        public var age: Duration
        /// What kind of failure it was.
        public var errorClass: ErrorClass
        /// The name of the error's type.
        public var errorType: String

        /// Creates the record of a failure.
        ///
        /// - Parameters:
        ///   - age: How long ago it was.
        ///   - errorClass: What kind of failure it was.
        ///   - errorType: The name of the error's type, never its text.
        public init(age: Duration, errorClass: ErrorClass, errorType: String) {
            self.age = age
            self.errorClass = errorClass
            self.errorType = errorType
        }
    }

    /// Creates the health of a service.
    ///
    /// - Parameters:
    ///   - status: How well it is.
    ///   - state: The state in the policy's own words. Defaults to the name of the status.
    ///   - failureRate: The share of failed calls, from 0 to 1. Defaults to unknown.
    ///   - lastFailure: The last failure. Defaults to none.
    ///   - reason: Why it is not healthy, without secrets. Defaults to nothing.
    ///   - measurements: Other numbers; those that are not finite are left out. Defaults to none.
    public init(
        _ status: HealthStatus, state: String? = nil, failureRate: Double? = nil, lastFailure: LastFailure? = nil,
        reason: String? = nil, measurements: [String: Double] = [:]
    ) {
        self.status = status
        self.state = state ?? status.rawValue
        self.failureRate = failureRate.flatMap { $0.isFinite ? $0 : nil }
        self.lastFailure = lastFailure
        self.reason = reason
        self.measurements = measurements.filter { $0.value.isFinite }
    }
}
