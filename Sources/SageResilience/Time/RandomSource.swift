/// Where a policy takes its randomness from: jitter of delays and of open times.
///
/// The default is the system's generator. A test passes a seeded or scripted source and gets the same delays at
/// every run. Thread-safe as far as the closure is, which the type requires.
public struct RandomSource: Sendable {
    private let next: @Sendable () -> UInt64

    /// Creates a source from a function that returns uniformly distributed bits.
    ///
    /// - Parameter next: Called for each number needed, from any thread.
    public init(_ next: @escaping @Sendable () -> UInt64) {
        self.next = next
    }

    /// The system's cryptographically secure generator.
    public static let system = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    /// A source that always returns the same number of the unit interval.
    ///
    /// - Parameter unit: The number to return, from 0 to 1; values outside are clamped.
    public static func constant(_ unit: Double) -> RandomSource {
        // The 53 upper bits carry the number, as in `unitInterval()`; 1.0 becomes the largest number below it.
        let clamped = min(max(unit.isNaN ? 0 : unit, 0), 0x1.fffffffffffffp-1)
        let bits = UInt64(clamped * 0x1p53) << 11
        return RandomSource { bits }
    }

    /// A number in `0..<1` with 53 random bits.
    public func unitInterval() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}
