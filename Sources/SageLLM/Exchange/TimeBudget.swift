import SageResilience

/// The time that is left for what is being waited for: the limit of the present phase within that of the whole.
///
/// The whole runs on always. A phase is about the provider and stands still while the budget is paused, so that its
/// limit is never used up by a slow reader.
struct TimeBudget: Sendable {
    private let end: Moment?
    private var phase = ProviderError.TimeoutPhase.total
    private var phaseLimit: Duration?
    /// When the phase began, moved on by all pauses since.
    private var phaseStart: Moment?
    private var pauseStart: Moment?

    /// - Parameter end: When everything must be over; nil is never.
    init(end: Moment?) {
        self.end = end
    }

    /// Begins a phase with a limit of its own.
    mutating func begin(_ phase: ProviderError.TimeoutPhase, _ limit: Duration, now: Moment) {
        self.phase = phase
        phaseLimit = limit
        phaseStart = now
    }

    /// Lets the phase stand still until ``resume(now:)``.
    mutating func pause(now: Moment) {
        pauseStart = now
    }

    /// Ends a pause.
    mutating func resume(now: Moment) {
        if let pauseStart { phaseStart = phaseStart?.advanced(by: now - pauseStart) }
        pauseStart = nil
    }

    /// How long the phase has gone on, without the pauses.
    func phaseAge(now: Moment) -> Duration {
        phaseStart.map { (pauseStart ?? now) - $0 } ?? .zero
    }

    /// The time until the first limit, zero when it has passed; nil when there is none.
    func remaining(now: Moment) -> Duration? {
        earliest.map { max(.zero, $0 - now) }
    }

    /// The phase whose limit comes first.
    var expiringPhase: ProviderError.TimeoutPhase { isPhaseFirst ? phase : .total }

    /// The limit that comes first; nil when it is the end of everything.
    var expiringLimit: Duration? { isPhaseFirst ? phaseLimit : nil }

    private var earliest: Moment? {
        isPhaseFirst ? phaseEnd : end
    }

    private var phaseEnd: Moment? {
        guard let phaseStart, let phaseLimit else { return nil }
        return phaseStart.advanced(by: phaseLimit)
    }

    private var isPhaseFirst: Bool {
        guard let phaseEnd else { return false }
        return end.map { phaseEnd <= $0 } ?? true
    }
}

/// Of moments, unlike instants of the system's clock, the compiler knows how large they are: what holds them lies in memory
/// as it is, and is copied without asking.
extension Moment {
    /// The moment a duration later, or the nearest representable one.
    func advanced(by duration: Duration) -> Moment { advanced(by: duration.saturatingNanoseconds) }

    static func - (later: Moment, earlier: Moment) -> Duration {
        .nanoseconds(later.nanoseconds.subtractingSaturating(earlier.nanoseconds))
    }
}
