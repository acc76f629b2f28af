/// How many restarts are normal: at most so many within so much time.
///
/// Erlang's rule: one restart more than ``maxRestarts`` within the last ``window`` is too many. A restart exactly as
/// long ago as the window still counts. A value type.
public struct RestartIntensity: Sendable, Hashable {
    /// The most restarts within the window.
    public let maxRestarts: Int
    /// How far back restarts count.
    public let window: Duration

    /// Three restarts within a minute.
    public static let `default` = RestartIntensity(unchecked: 3, within: .seconds(60))

    /// Creates an intensity.
    ///
    /// - Parameters:
    ///   - maxRestarts: The most restarts within the window, 0 to 10,000. Zero allows none. Defaults to 3.
    ///   - window: How far back restarts count, more than 0. Defaults to 60 s.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public init(maxRestarts: Int = 3, within window: Duration = .seconds(60)) throws(ConfigurationError) {
        try Validation.count("maxRestarts", maxRestarts, in: 0...10_000)
        try Validation.positive("within", window)
        self.init(unchecked: maxRestarts, within: window)
    }

    private init(unchecked maxRestarts: Int, within window: Duration) {
        self.maxRestarts = maxRestarts
        self.window = window
    }
}

/// The restarts of the recent past, judged by an intensity.
struct RestartHistory: Sendable {
    let intensity: RestartIntensity
    private var moments: [Moment] = []

    init(_ intensity: RestartIntensity) {
        self.intensity = intensity
    }

    /// Counts a restart.
    ///
    /// - Returns: Whether it is one of those that are allowed.
    mutating func register(now: Moment) -> Bool {
        moments = moments.filter { counts($0, now: now) }
        moments.append(now)
        return moments.count <= intensity.maxRestarts
    }

    mutating func clear() {
        moments = []
    }

    /// How many restarts lie within the window.
    func count(now: Moment) -> Int {
        moments.count { counts($0, now: now) }
    }

    private func counts(_ moment: Moment, now: Moment) -> Bool {
        now.elapsed(since: moment) <= intensity.window.saturatingNanoseconds
    }
}
