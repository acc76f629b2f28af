/// The clock of a ``StateStore`` that has none of its own: all processes of one host share one.
public struct StoreClock: Sendable {
    private let read: @Sendable () -> StoreInstant

    /// Creates a clock.
    ///
    /// - Parameter now: Says the present; called from any thread.
    public init(_ now: @escaping @Sendable () -> StoreInstant) {
        self.read = now
    }

    /// The present.
    public var now: StoreInstant { read() }

    /// ``WallClock``, which may be set back or forward while the program runs.
    public static let system = StoreClock { StoreInstant(microseconds: WallClock.microseconds()) }
}
