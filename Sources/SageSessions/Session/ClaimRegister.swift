import Synchronization

/// Which claims on conversations of one store nobody holds any more, although no transaction has said so yet.
///
/// A handle that is dropped cannot wait for a database; it leaves its claim here, and from then on its turn counts as
/// interrupted.
final class ClaimRegister: Sendable {
    /// When each claim was left, in milliseconds since the boot.
    private let abandoned = Mutex<[String: Int64]>([:])

    /// Notes that the holder of a claim is gone.
    func abandon(_ claim: String, at uptime: Int64) {
        abandoned.withLock { $0[claim] = uptime }
    }

    /// Forgets the claims that were left before a moment.
    func forget(before uptime: Int64) {
        abandoned.withLock { abandoned in abandoned = abandoned.filter { $0.value >= uptime } }
    }

    /// The abandoned claims.
    var all: [String] { abandoned.withLock { Array($0.keys) } }
}
