public import ServiceLifecycle

/// A drain as a service of a `ServiceGroup`: a graceful shutdown closes it and waits for what is in flight.
///
/// ```swift
/// let group = ServiceGroup(services: [database, worker.service, drain.service(limit: .seconds(20))], logger: logger)
/// ```
///
/// A group shuts its services down from the last to the first, one after another. List a drain after everything that
/// its calls need: the database of the example is there until the last of them has ended.
///
/// What is left when the limit has passed is left alone: the group goes on, and what comes next may cancel it. A value
/// type.
public struct DrainService: Service {
    /// The drain.
    public let drain: CallDrain
    /// The longest time that a shutdown waits for calls in flight.
    public let limit: Duration

    private let clock: any Clock<Duration>
    private let whenEnded: (@Sendable (_ left: Int) -> Void)?

    /// Creates a service.
    ///
    /// - Parameters:
    ///   - drain: The drain.
    ///   - limit: The longest time that a shutdown waits for calls in flight, 0 or more. Defaults to 10 s. Keep it below
    ///     the group's `maximumGracefulShutdownDuration` and the time that the platform gives the process.
    ///   - clock: The clock that measures it. Defaults to `ContinuousClock`.
    ///   - whenEnded: Told how many calls were still in flight at the end, 0 if all have ended; the place for a line in
    ///     the log. Defaults to nobody.
    public init(
        _ drain: CallDrain, limit: Duration = .seconds(10), clock: any Clock<Duration> = ContinuousClock(),
        whenEnded: (@Sendable (_ left: Int) -> Void)? = nil
    ) {
        self.drain = drain
        self.limit = limit
        self.clock = clock
        self.whenEnded = whenEnded
    }

    /// Waits for a graceful shutdown, and then for the calls in flight.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before; the drain is closed then, too.
    public func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            drain.close()
            throw error
        }
        let left = await drain.close(waitingFor: limit, clock: clock)
        whenEnded?(left)
    }
}

extension CallDrain {
    /// This drain as a service of a `ServiceGroup`.
    ///
    /// - Parameters:
    ///   - limit: The longest time that a shutdown waits for calls in flight. Defaults to 10 s.
    ///   - clock: The clock that measures it. Defaults to `ContinuousClock`.
    ///   - whenEnded: Told how many calls were still in flight at the end. Defaults to nobody.
    public func service(
        limit: Duration = .seconds(10), clock: any Clock<Duration> = ContinuousClock(),
        whenEnded: (@Sendable (_ left: Int) -> Void)? = nil
    ) -> DrainService {
        DrainService(self, limit: limit, clock: clock, whenEnded: whenEnded)
    }
}
