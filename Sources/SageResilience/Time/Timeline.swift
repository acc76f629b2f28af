/// The time a policy lives in: any clock, reduced to monotonic nanoseconds when the policy is built.
///
/// A policy is not generic over its clock, so that a registry can hold policies of one type and a test can pass a
/// clock of its own. `ContinuousClock` takes a direct path; all timelines over it share one origin, so that their
/// moments can be compared with each other.
@usableFromInline
package struct Timeline: Sendable {
    /// Nil for `ContinuousClock`.
    @usableFromInline
    let custom: (any ClockTimeline)?

    /// Creates the timeline of a clock, whose present becomes the origin unless it is a `ContinuousClock`.
    package init(_ clock: any Clock<Duration>) {
        self.custom = clock is ContinuousClock ? nil : Timeline.open(clock)
    }

    private static func open(_ clock: some Clock<Duration>) -> any ClockTimeline {
        OriginatedClock(clock: clock)
    }

    /// Whether moments of this timeline are comparable with those of every other such timeline.
    @inlinable
    package var isContinuous: Bool { custom == nil }

    /// The present.
    @inlinable
    package var now: Moment {
        if let custom { custom.now } else { ContinuousTime.now }
    }

    /// Waits until a moment; returns at once when it has passed.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(until moment: Moment) async throws {
        if let custom {
            try await custom.sleep(until: moment)
        } else {
            try await ContinuousTime.sleep(until: moment)
        }
    }

    /// Waits for a number of nanoseconds.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(nanoseconds: Int64) async throws {
        try await sleep(until: now.advanced(by: nanoseconds))
    }
}

/// A clock with an origin; a class, so that looking whether there is one copies nothing.
@usableFromInline
protocol ClockTimeline: AnyObject, Sendable {
    var now: Moment { get }
    func sleep(until moment: Moment) async throws
}

private final class OriginatedClock<C: Clock<Duration>>: ClockTimeline {
    let clock: C
    let origin: C.Instant

    init(clock: C) {
        self.clock = clock
        self.origin = clock.now
    }

    var now: Moment {
        Moment(nanoseconds: origin.duration(to: clock.now).saturatingNanoseconds)
    }

    func sleep(until moment: Moment) async throws {
        try await clock.sleep(until: origin.advanced(by: .nanoseconds(moment.nanoseconds)), tolerance: nil)
    }
}

/// `ContinuousClock` in nanoseconds since the process first asked.
@usableFromInline
enum ContinuousTime {
    private static let origin = ContinuousClock.now

    /// The runtime converts a deadline to its own units without a check, so a sleep is split into steps of this length.
    private static let longestSleep: Int64 = 86_400_000_000_000

    @usableFromInline
    static var now: Moment {
        // No process lives for 292 years.
        Moment(nanoseconds: origin.duration(to: ContinuousClock.now).representableNanoseconds)
    }

    static func sleep(until moment: Moment) async throws {
        var present = now
        while present < moment {
            let wake = min(moment, present.advanced(by: longestSleep))
            try await ContinuousClock().sleep(until: origin.advanced(by: .nanoseconds(wake.nanoseconds)))
            present = now
        }
        try Task.checkCancellation()
    }
}
