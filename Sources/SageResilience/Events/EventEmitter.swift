import Synchronization

/// Brings the events of one policy to its listener, in order and never under a lock.
///
/// A policy calls ``enqueue(_:)`` while it holds its own lock, so that the order of events is that of its state
/// changes, and ``deliver()`` after it has unlocked. Whoever finds no delivery under way delivers what everybody
/// has enqueued; a listener that uses the policy again therefore sees its events after the present one.
package final class EventEmitter: Sendable {
    /// How many events one caller delivers, so that it does not work for all others for as long as they go on.
    package static let mostPerCaller = 256
    /// How many events wait for a listener that is slower than they come.
    package static let mostPending = 10_000

    private struct Outbox {
        var lastSequence: UInt64 = 0
        var pending = EventQueue(capacity: EventEmitter.mostPending)
        var dropped: UInt64 = 0
        var isDelivering = false

        /// Takes what is pending and the right to deliver; nothing when somebody else has that right.
        mutating func begin() -> [ResilienceEvent] {
            guard !isDelivering, !pending.isEmpty else { return [] }
            isDelivering = true
            return pending.take(EventEmitter.mostPerCaller)
        }

        /// Takes what has arrived during a delivery; gives the right back when there is nothing, or when the caller
        /// has done its share.
        mutating func proceed(_ limit: Int) -> [ResilienceEvent] {
            let events = pending.take(limit)
            if events.isEmpty { isDelivering = false }
            return events
        }
    }

    private let policy: PolicyIdentity
    private let listener: any ResilienceListener
    private let outbox = Mutex(Outbox())

    private init(policy: PolicyIdentity, listener: any ResilienceListener) {
        self.policy = policy
        self.listener = listener
    }

    /// An emitter, or nil when nobody listens, so that events are not even built.
    package static func make(_ policy: PolicyIdentity, _ listener: (any ResilienceListener)?) -> EventEmitter? {
        listener.map { EventEmitter(policy: policy, listener: $0) }
    }

    /// How many events were dropped because too many waited.
    package var dropped: UInt64 { outbox.withLock { $0.dropped } }

    /// Adds an event to the outbox without calling anybody.
    package func enqueue(_ kind: ResilienceEvent.Kind) {
        // What is dropped goes outside the lock: the end of its error may be somebody's code.
        _ = outbox.withLock { outbox in
            outbox.lastSequence += 1
            let event = ResilienceEvent(policy: policy, sequence: outbox.lastSequence, kind: kind)
            let dropped = outbox.pending.append(event)
            if dropped != nil { outbox.dropped += 1 }
            return dropped
        }
    }

    /// Calls the listener for what is in the outbox, unless a delivery is under way, which then does it.
    ///
    /// After ``mostPerCaller`` events the rest is left to the next caller.
    package func deliver() {
        var batch = outbox.withLock { $0.begin() }
        var remaining = Self.mostPerCaller
        while !batch.isEmpty {
            for event in batch { listener.receive(event) }
            remaining -= batch.count
            batch = outbox.withLock { [remaining] in $0.proceed(remaining) }
        }
    }

    /// Enqueues and delivers an event of a policy that has no lock of its own.
    package func emit(_ kind: ResilienceEvent.Kind) {
        enqueue(kind)
        deliver()
    }
}
