import SageResilience
import Synchronization

/// What all targets of a provider share: its keys, and the pause that it asks of everybody.
final class ProviderState: Sendable {
    /// The provider's name in the configuration.
    let name: String
    /// How many keys there are to choose from; a provider without any has one that is never sent.
    let keyCount: Int
    let ring: SharedKeyRing
    let observer: (@Sendable (KeyEvent) -> Void)?

    private let turn = Atomic<Int>(0)
    private let pausedUntilNanoseconds = Atomic<Int64>(0)
    private let cause = Mutex<TargetFailure?>(nil)

    /// Creates the state of a provider that has not been called.
    ///
    /// - Parameters:
    ///   - name: The provider's name in the configuration.
    ///   - keyCount: How many keys it has, at most ``KeySet/capacity``.
    ///   - observer: Hears what happens to keys.
    init(_ name: String, keyCount: Int, observer: (@Sendable (KeyEvent) -> Void)? = nil) {
        self.name = name
        self.keyCount = max(1, keyCount)
        self.ring = SharedKeyRing(count: self.keyCount)
        self.observer = observer
    }

    /// Whose turn it is, as a number that grows.
    ///
    /// - Parameter isTaken: Whether the turn is over with this.
    func nextTurn(isTaken: Bool) -> Int {
        guard keyCount > 1 else { return 0 }
        return isTaken ? turn.wrappingAdd(1, ordering: .relaxed).oldValue : turn.load(ordering: .relaxed)
    }

    /// Until when the provider asked not to be called at all.
    var pausedUntil: Moment { Moment(nanoseconds: pausedUntilNanoseconds.load(ordering: .relaxed)) }

    /// The failure with which it did so last.
    var pauseCause: TargetFailure? { cause.withLock { $0 } }

    /// Notes that the provider asked not to be called at all; the later of two such requests counts.
    func pause(until moment: Moment, because failure: TargetFailure? = nil) {
        if let failure { cause.withLock { $0 = failure } }
        pausedUntilNanoseconds.max(moment.nanoseconds, ordering: .relaxed)
    }
}
