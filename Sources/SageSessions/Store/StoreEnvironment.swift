public import SageStorage

/// What a store of conversations takes from the world around it; the defaults are the real one, tests pass their own.
public struct StoreEnvironment: Sendable {
    /// By which clock heartbeats are written and judged between hosts.
    @nonexhaustive
    public enum LeaseClock: Sendable, Hashable {
        /// The server's in PostgreSQL, so that hosts whose clocks differ agree; this host's in SQLite, whose file is
        /// on one host.
        case shared
        /// ``StoreEnvironment/wallTime``.
        case local
    }

    /// Which process this is.
    public var identity: HostIdentity
    /// The processes of this host.
    public var processes: ProcessTable
    /// Milliseconds since 1970.
    public var wallTime: @Sendable () -> Int64
    /// Milliseconds since the boot of this host, sleep included.
    public var uptime: @Sendable () -> Int64
    /// New ids: letters, digits, `-` and `_` alone, never twice the same.
    public var identifiers: @Sendable () -> String
    /// Measures the waits of ``ConversationStore/run(onFailure:)`` and of checkpoints.
    public var clock: any Clock<Duration>
    /// By which clock heartbeats are written and judged between hosts.
    public var leaseClock: LeaseClock

    /// Creates an environment; every value defaults to the real world's.
    ///
    /// - Parameters:
    ///   - identity: Which process this is.
    ///   - processes: The processes of this host.
    ///   - wallTime: Milliseconds since 1970.
    ///   - uptime: Milliseconds since the boot of this host.
    ///   - identifiers: New ids.
    ///   - clock: Measures waits.
    ///   - leaseClock: By which clock heartbeats are written and judged between hosts.
    public init(
        identity: HostIdentity = .current, processes: ProcessTable = .system,
        wallTime: @escaping @Sendable () -> Int64 = WallClock.milliseconds,
        uptime: @escaping @Sendable () -> Int64 = { StoreEnvironment.uptime() },
        identifiers: @escaping @Sendable () -> String = { StoreEnvironment.randomIdentifier() },
        clock: any Clock<Duration> = ContinuousClock(), leaseClock: LeaseClock = .shared
    ) {
        self.identity = identity
        self.processes = processes
        self.wallTime = wallTime
        self.uptime = uptime
        self.identifiers = identifiers
        self.clock = clock
        self.leaseClock = leaseClock
    }

    /// Milliseconds since the boot of this host, sleep included.
    public static func uptime() -> Int64 { SystemFile.uptime }

    /// 128 random bits as 32 hexadecimal digits.
    public static func randomIdentifier() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }
}
