import SageResilience
import Synchronization

/// A service in the network that is sometimes down; here it is only an object that says so.
final class Inventory: Sendable {
    struct Unavailable: ClassifiedError {
        var classification: ErrorClassification { ErrorClassification(.overloaded) }
    }

    private let isDown = Atomic(false)
    private let calls = Atomic<Int>(0)

    func setDown(_ value: Bool) {
        isDown.store(value, ordering: .relaxed)
    }

    /// Fails at every fifth call, and at every call while the service is down.
    func stock(of _: String) async throws -> Int {
        let call = calls.wrappingAdd(1, ordering: .relaxed).newValue
        if isDown.load(ordering: .relaxed) || call % 5 == 0 { throw Unavailable() }
        return 42
    }
}
