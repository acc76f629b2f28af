import SageResilience

/// A line to a thermostat that only one owner may use: a class without a lock, hence not `Sendable`.
final class FieldBus {
    /// What the line can do to a telegram.
    enum Fault: Error {
        /// Noise on the line; the telegram was garbled and nobody acted on it.
        case noise
        /// The thermostat does not know this register, and never will.
        case unknownRegister
    }

    /// An answer, which belongs to the task that asked: not `Sendable` either.
    final class Telegram {
        let degrees: Double

        init(degrees: Double) {
            self.degrees = degrees
        }
    }

    private(set) var telegrams = 0
    private var faults: [Fault] = []
    private var target = 20.0

    /// Spoils the next telegrams, in this order.
    func spoil(_ faults: Fault...) {
        self.faults += faults
    }

    func read() throws -> Telegram {
        try send()
        return Telegram(degrees: target - 0.5)
    }

    func write(target: Double) throws {
        try send()
        self.target = target
    }

    private func send() throws {
        telegrams += 1
        if !faults.isEmpty { throw faults.removeFirst() }
    }
}

/// The error says itself what kind it is; every policy asks it.
extension FieldBus.Fault: ClassifiedError {
    var classification: ErrorClassification {
        switch self {
        case .noise: ErrorClassification(.transient)
        case .unknownRegister: ErrorClassification(.permanent)
        }
    }
}
