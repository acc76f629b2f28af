/// A policy that knows how well the service behind it is.
///
/// A ``HealthChecker`` asks it for each report, so the answer must come at once: from what the policy has seen, not by
/// calling the service.
public protocol HealthReporting: Sendable {
    /// The name of the service in a report.
    var name: String { get }
    /// How well the service is; asked from any thread, never under a lock.
    var health: ServiceHealth { get }
}
