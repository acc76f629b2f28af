package import SageResilience

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An exponentially weighted moving average of durations that believes a slower one at once, as a value.
///
/// The average is Finagle's "peak EWMA": a duration above it becomes the new average, a shorter one moves it by the share
/// that the time since the last one has. Without durations it falls towards zero, so that a target which was slow once
/// is tried again.
package struct PeakLatency: Sendable {
    /// After this time without a duration the average has fallen to 37 %.
    ///
    /// 30 s: Finagle takes 10 s, for calls of milliseconds.
    private static let decay = 30e9

    private var average = 0.0
    private var updatedAt = Moment.zero
    private var isKnown = false

    /// Creates an average of nothing.
    package init() {}

    /// The average in nanoseconds; nil before the first duration.
    package func value(now: Moment) -> Double? {
        isKnown ? average * Self.weight(of: now.elapsed(since: updatedAt)) : nil
    }

    /// Adds a duration.
    ///
    /// - Parameters:
    ///   - nanoseconds: The duration, 0 or more.
    ///   - now: The present.
    package mutating func record(_ nanoseconds: Double, now: Moment) {
        let weight = Self.weight(of: now.elapsed(since: updatedAt))
        let sample = max(0, nanoseconds)
        average = isKnown && sample < average ? average * weight + sample * (1 - weight) : sample
        updatedAt = max(updatedAt, now)
        isKnown = true
    }

    private static func weight(of nanoseconds: Int64) -> Double {
        exp(-Double(nanoseconds) / decay)
    }
}
