import SageResilience

/// Prints what happens in policies.
struct EventPrinter: ResilienceListener {
    func receive(_ event: ResilienceEvent) {
        print("[\(event.severity)] \(event.policy.kind.rawValue) \(event.policy.name): \(event)")
    }
}
