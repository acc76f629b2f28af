public import SageResilience
public import ServiceLifecycle

/// Work that is done again and again: a health check, a sample of a queue's length.
///
/// ```swift
/// let checks = try PeriodicService(every: .seconds(10)) { publish(await health.report()) }
/// ```
///
/// Rounds begin a fixed time apart, and one that takes longer delays the next instead of overlapping with it; a round
/// that is missed is left out. A graceful shutdown lets a round end and begins no other. An error ends the service, and
/// with it the group: make the work a child of a `Supervisor` if it may fail. A value type.
public struct PeriodicService: Service {
    private let interval: Int64
    private let timeline: Timeline
    private let operation: @Sendable () async throws -> Void

    /// Creates a service.
    ///
    /// - Parameters:
    ///   - interval: The time from the beginning of one round to that of the next, 1 ns or more. The first begins at
    ///     once.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - operation: One round.
    /// - Throws: `ConfigurationError` for an interval out of range.
    public init(
        every interval: Duration, clock: any Clock<Duration> = ContinuousClock(),
        _ operation: @escaping @Sendable () async throws -> Void
    ) throws(ConfigurationError) {
        guard interval.saturatingNanoseconds > 0 else {
            throw ConfigurationError(field: "every", value: interval, allowed: "1 ns or more")
        }
        self.interval = interval.saturatingNanoseconds
        self.timeline = Timeline(clock)
        self.operation = operation
    }

    /// Works until the group shuts down.
    ///
    /// - Throws: The error of a round; `CancellationError` when the task is cancelled.
    public func run() async throws {
        var next = timeline.now
        while !Task.isShuttingDownGracefully {
            try await operation()
            next = Self.following(next, interval: interval, now: timeline.now)
            do {
                try await cancelWhenGracefulShutdown { [timeline, next] in try await timeline.sleep(until: next) }
            } catch {
                // A shutdown ends the sleep like a cancellation, but is not one.
                guard Task.isShuttingDownGracefully, !Task.isCancelled else { throw error }
            }
        }
    }

    /// The first moment of the schedule that is not past.
    static func following(_ moment: Moment, interval: Int64, now: Moment) -> Moment {
        let next = moment.advanced(by: interval)
        guard next < now else { return next }
        let missed = now.elapsed(since: next) / interval
        let later = next.advanced(by: missed * interval)
        return later < now ? later.advanced(by: interval) : later
    }
}
