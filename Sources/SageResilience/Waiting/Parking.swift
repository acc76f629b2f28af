/// Where a policy's waiting calls are suspended; a part of the state under its lock.
///
/// What a call is told is settled under the lock, to be taken once, and its continuation is resumed after it: a resumed
/// call may run at once, and may use the policy again.
struct Parking<Signal: Sendable>: Sendable {
    typealias Continuation = CheckedContinuation<Signal, Never>

    /// Calls that are to be resumed when the lock has been given back.
    struct WakeUps: Sendable {
        fileprivate var calls: [(continuation: Continuation, signal: Signal)] = []

        func resume() {
            for call in calls { call.continuation.resume(returning: call.signal) }
        }
    }

    private var parked: [UInt64: Continuation] = [:]
    /// Signals for calls that are in the queue but are not suspended; the last one counts.
    private var undelivered: [UInt64: Signal] = [:]

    /// Parks a call.
    ///
    /// - Returns: What it has been told before it could be parked; it is not parked then.
    mutating func park(_ id: UInt64, _ continuation: Continuation) -> Signal? {
        if let signal = undelivered.removeValue(forKey: id) { return signal }
        parked[id] = continuation
        return nil
    }

    /// Settles what a call is told.
    mutating func tell(_ id: UInt64, _ signal: Signal, _ wakeUps: inout WakeUps) {
        if let continuation = parked.removeValue(forKey: id) {
            wakeUps.calls.append((continuation, signal))
        } else {
            undelivered[id] = signal
        }
    }
}
