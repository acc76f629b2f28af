private struct Slots: Sendable {
    func take() async -> Slots { self }
    func release() {}
}

private let slots = Slots()
private let limiter: TimeLimiter = standIn()
