/// Receives the events of policies: the one way out for logs, metrics and traces.
///
/// A listener is called on the task that caused the event, never while a lock is held, and for one policy in the
/// order of ``ResilienceEvent/sequence``. It may use the policy that calls it. It must return quickly: calls wait
/// for it.
///
/// One call delivers at most 256 events, also those of other calls that came meanwhile; what is left is delivered by
/// the next call that has something to tell. At most 10,000 events wait: for a listener that cannot keep up the oldest
/// are dropped, which shows as a gap in ``ResilienceEvent/sequence``.
public protocol ResilienceListener: Sendable {
    /// Called for each event.
    func receive(_ event: ResilienceEvent)
}
