/// How well a program and its services are, at one moment.
///
/// The program is unhealthy when a critical service is, or when all alternatives of a group are; it is degraded when
/// any service is not healthy; else it is healthy, also without any service.
public struct HealthReport: Sendable, Hashable, Codable {
    /// How well the program is.
    public let status: HealthStatus
    /// Its services by name.
    public let services: [String: ServiceHealth]

    /// Draws the conclusion from the health of all services.
    ///
    /// - Parameter services: The services by name, each with its importance.
    public init(services: [String: ServiceHealth]) {
        self.services = services
        self.status = Self.status(of: services.values)
    }

    /// Whether the program can do its work, be it with less.
    public var isHealthy: Bool { status != .unhealthy }

    /// The names of the services that are not healthy, the worst first, then by name.
    public var problems: [String] {
        services.filter { $0.value.status != .healthy }
            .sorted { ($1.value.status, $0.key) < ($0.value.status, $1.key) }
            .map(\.key)
    }

    private static func status(of services: some Sequence<ServiceHealth>) -> HealthStatus {
        var status = HealthStatus.healthy
        /// The best status in each group.
        var groups: [String: HealthStatus] = [:]
        for service in services {
            if service.status != .healthy { status = max(status, .degraded) }
            switch service.importance {
            case .critical: status = max(status, service.status)
            case .optional: break
            case .alternative(let group): groups[group] = min(groups[group] ?? .unhealthy, service.status)
            }
        }
        return groups.values.contains(.unhealthy) ? .unhealthy : status
    }
}
