#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The clock on the wall, for times that are kept; never for waiting, because it may be set back or forward.
public enum WallClock {
    /// The milliseconds since 1970 (UTC, leap seconds not counted).
    @Sendable public static func milliseconds() -> Int64 {
        let time = present()
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The microseconds since 1970 (UTC, leap seconds not counted).
    @Sendable public static func microseconds() -> Int64 {
        let time = present()
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    private static func present() -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }
}
