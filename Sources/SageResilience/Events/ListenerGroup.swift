/// Several listeners as one.
///
/// ```swift
/// let breaker = CircuitBreaker("openai", .llm, listener: ListenerGroup([logs, metrics]))
/// ```
///
/// Each event goes to all of them, in the order in which they were given. A value type, safe to share between tasks.
public struct ListenerGroup: ResilienceListener {
    private let listeners: [any ResilienceListener]

    /// Creates a group.
    ///
    /// - Parameter listeners: Who is told; may be empty.
    public init(_ listeners: [any ResilienceListener]) {
        self.listeners = listeners
    }

    /// Hands the event to each listener.
    public func receive(_ event: ResilienceEvent) {
        for listener in listeners { listener.receive(event) }
    }
}
