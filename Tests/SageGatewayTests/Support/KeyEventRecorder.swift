import Synchronization

@testable import SageGateway

/// Hears what happens to keys.
final class KeyEventRecorder: Sendable {
    private let all = Mutex<[KeyEvent]>([])

    var heard: [KeyEvent] { all.withLock { $0 } }

    func hear(_ event: KeyEvent) { all.withLock { $0.append(event) } }
}
