public import SageResilience
public import ServiceLifecycle

/// A supervisor as a service of a `ServiceGroup`.
///
/// ```swift
/// let group = ServiceGroup(services: [supervisor.service, server], logger: logger)
/// try await group.run()
/// ```
///
/// A graceful shutdown cancels no child at once: it shuts the supervisor down, which asks its children to end one after
/// another in reverse order, and cancels those that still run when its grace is over
/// (`Supervisor.shutDown(grace:)`). From then on nothing is started again. A child sees the shutdown
/// in two ways: in its turn by `Child.Context`, and at once by ServiceLifecycle's own `withGracefulShutdownHandler`,
/// which works in children too.
///
/// A supervisor that escalates fails the service with its `SupervisorError`. A value type.
public struct SupervisorService: Service {
    /// The supervisor that runs.
    public let supervisor: Supervisor
    /// The time that a graceful shutdown leaves the children to end by themselves; nil for the supervisor's own.
    public let shutdownGrace: Duration?

    /// Creates a service.
    ///
    /// - Parameters:
    ///   - supervisor: The supervisor to run. It must not run anywhere else.
    ///   - shutdownGrace: The time that a graceful shutdown leaves the children to end by themselves. Defaults to the
    ///     supervisor's own.
    public init(_ supervisor: Supervisor, shutdownGrace: Duration? = nil) {
        self.supervisor = supervisor
        self.shutdownGrace = shutdownGrace
    }

    /// Runs the supervisor until its children have ended, it gives up or the group shuts down.
    ///
    /// - Throws: What `Supervisor.run()` throws.
    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await supervisor.run()
        } onGracefulShutdown: {
            supervisor.shutDown(grace: shutdownGrace)
        }
    }
}

extension Supervisor {
    /// This supervisor as a service of a `ServiceGroup`.
    public var service: SupervisorService { SupervisorService(self) }
}

extension Child {
    /// A service as a child; it sees a graceful shutdown of the group around the supervisor.
    ///
    /// - Parameters:
    ///   - name: The name, unique within the supervisor.
    ///   - restart: When it is started again. Defaults to always, as long as nothing is shut down.
    ///   - backoff: How long to wait before each restart. Defaults to the policy's.
    ///   - service: Makes the service, anew for every run: most services run only once.
    public init(
        _ name: String, restart: Restart = .permanent, backoff: Backoff? = nil,
        service: @escaping @Sendable () throws -> any Service
    ) {
        self.init(name, restart: restart, backoff: backoff) { try await service().run() }
    }
}
