/// What an instance has told about one of its circuit breakers, as the store remembers it.
public struct BreakerReport: Sendable, Hashable {
    /// Who reported.
    public var instance: String
    /// What it reported; its durations are from ``published``.
    public var status: BreakerStatus
    /// When it was reported.
    public var published: StoreInstant

    /// Creates a report.
    ///
    /// - Parameters:
    ///   - instance: Who reported.
    ///   - status: What it reported.
    ///   - published: When.
    public init(instance: String, status: BreakerStatus, published: StoreInstant) {
        self.instance = instance
        self.status = status
        self.published = published
    }

    /// Since when the breaker has been in its state.
    public var since: StoreInstant { published.advanced(by: .zero - status.timeInState) }

    /// When an open breaker lets probes through.
    public var openUntil: StoreInstant { published.advanced(by: status.remaining) }

    /// When the report is forgotten.
    public var expires: StoreInstant { published.advanced(by: status.keep) }

    /// How much longer the breaker stays open; never longer than it was to when it was reported, wherever the store's
    /// clock has been moved to.
    public func remaining(at now: StoreInstant) -> Duration {
        max(.zero, openUntil.duration(since: max(now, published)))
    }
}
