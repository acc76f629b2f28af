public import SageResilience
import Synchronization

extension RandomSource {
    /// A source that gives the same numbers at every run.
    ///
    /// The numbers are those of a ``SeededGenerator``. Threads that share the source share one sequence.
    ///
    /// - Parameter seed: Any number; equal seeds give equal sequences.
    public static func seeded(_ seed: UInt64) -> RandomSource {
        let generator = Locked(SeededGenerator(seed: seed))
        return RandomSource { generator.value.withLock { $0.next() } }
    }

    /// A source that gives these numbers of the unit interval in order, and then the last one again and again.
    ///
    /// - Parameter units: Numbers from 0 to 1; values outside are clamped, and 1 becomes the largest number below it.
    ///   An empty list gives 0 for ever.
    public static func scripted(_ units: [Double]) -> RandomSource {
        let script = units.map { unit in
            // The 53 upper bits carry the number, as `unitInterval()` reads it.
            UInt64(min(max(unit.isNaN ? 0 : unit, 0), 0x1.fffffffffffffp-1) * 0x1p53) << 11
        }
        let position = Locked(0)
        return RandomSource {
            guard let last = script.last else { return 0 }
            return position.value.withLock { position in
                guard position < script.count else { return last }
                defer { position += 1 }
                return script[position]
            }
        }
    }
}

/// A place for state that a `@Sendable` closure changes; a mutex itself cannot be captured.
private final class Locked<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }
}
