import SageResilience
import Synchronization

/// A ``KeyRing`` that requests share.
///
/// While nothing bad is known about any key, which is nearly always, a request looks at one flag and takes no lock.
final class SharedKeyRing: Sendable {
    private let ring: Mutex<KeyRing>
    private let hasTrouble = Atomic<Bool>(false)

    init(count: Int) {
        ring = Mutex(KeyRing(count: count))
    }

    /// The state of all keys; nil when nothing bad is known about any.
    func current(now: Moment) -> KeyRing? {
        guard hasTrouble.load(ordering: .relaxed) else { return nil }
        return ring.withLock { ring in
            guard ring.isClear(now: now) else { return ring }
            // Under the lock: trouble that comes now must not be forgotten.
            hasTrouble.store(false, ordering: .relaxed)
            return nil
        }
    }

    /// Notes that a key is about to be used; false when another call has its trial.
    func begin(_ key: Int, now: Moment) -> Bool {
        guard hasTrouble.load(ordering: .relaxed) else { return true }
        return ring.withLock { $0.begin(key, now: now) }
    }

    func pause(_ key: Int, until moment: Moment) {
        ring.withLock { ring in
            ring.pause(key, until: moment)
            hasTrouble.store(true, ordering: .relaxed)
        }
    }

    /// Notes a refusal; until when the key is not used, nil if that was known before.
    func refuse(_ key: Int, now: Moment) -> Moment? {
        ring.withLock { ring in
            hasTrouble.store(true, ordering: .relaxed)
            return ring.refuse(key, now: now)
        }
    }

    /// Notes a success; whether it revived the key.
    func succeed(_ key: Int, startedAt: Moment) -> Bool {
        guard hasTrouble.load(ordering: .relaxed) else { return false }
        return ring.withLock { $0.succeed(key, startedAt: startedAt) }
    }
}
