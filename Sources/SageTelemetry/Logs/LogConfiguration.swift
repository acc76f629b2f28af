public import Logging
public import SageResilience

/// The level at which a ``LogListener`` writes each kind of line; nil is never.
public struct LogLevels: Sendable, Hashable {
    /// A dependency is in trouble: a breaker opened, a retry gave up, a child failed.
    public var warning: Logger.Level?
    /// A change that is of interest in hindsight: a breaker closed, a retry is about to wait.
    public var info: Logger.Level?
    /// A policy refused a call.
    public var debug: Logger.Level?
    /// A call that goes well was held up or hedged.
    public var trace: Logger.Level?

    /// Creates a mapping.
    ///
    /// - Parameters:
    ///   - warning: For a dependency in trouble. Defaults to `warning`.
    ///   - info: For changes. Defaults to `info`.
    ///   - debug: For refusals. Defaults to `debug`.
    ///   - trace: For waits and hedges. Defaults to `trace`.
    public init(
        warning: Logger.Level? = .warning, info: Logger.Level? = .info, debug: Logger.Level? = .debug,
        trace: Logger.Level? = .trace
    ) {
        self.warning = warning
        self.info = info
        self.debug = debug
        self.trace = trace
    }

    subscript(line: LogLine) -> Logger.Level? {
        switch line.importance {
        case .warning: warning
        case .info: info
        case .debug: debug
        case .trace: trace
        }
    }
}

/// How a ``LogListener`` writes.
public struct LogConfiguration: Sendable {
    /// The level of each kind of line.
    public let levels: LogLevels
    /// How many lines of one kind a policy may write in an ``interval``; what comes beyond is counted.
    public let linesPerInterval: Int
    /// The time for which ``linesPerInterval`` holds, from the first line on.
    public let interval: Duration
    /// What the class of an error is.
    public let classifier: ErrorClassifier

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - levels: The level of each kind of line. Defaults to those of the same name.
    ///   - linesPerInterval: How many lines of one kind a policy may write in an interval, 1 or more. Defaults to 10.
    ///   - interval: The time for which this holds, 1 ns or more. Defaults to 10 s.
    ///   - classifier: What the class of an error is. Defaults to the error's own
    ///     (`ErrorClassifier.default`). It is called for each line about an error.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        levels: LogLevels = LogLevels(), linesPerInterval: Int = 10, interval: Duration = .seconds(10),
        classifier: ErrorClassifier = .default
    ) throws(ConfigurationError) {
        guard linesPerInterval >= 1 else {
            throw ConfigurationError(field: "linesPerInterval", value: linesPerInterval, allowed: "1 or more")
        }
        guard interval.saturatingNanoseconds >= 1 else {
            throw ConfigurationError(field: "interval", value: interval, allowed: "1 ns or more")
        }
        self.init(validLevels: levels, linesPerInterval, interval, classifier)
    }

    private init(
        validLevels levels: LogLevels, _ linesPerInterval: Int, _ interval: Duration, _ classifier: ErrorClassifier
    ) {
        self.levels = levels
        self.linesPerInterval = linesPerInterval
        self.interval = interval
        self.classifier = classifier
    }

    /// Ten lines of one kind from one policy in 10 s, at the levels of the same name.
    public static let `default` = LogConfiguration(validLevels: LogLevels(), 10, .seconds(10), .default)
}
