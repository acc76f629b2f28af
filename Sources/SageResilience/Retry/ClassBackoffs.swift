/// Backoffs of their own for some kinds of errors, chosen after each failure.
///
/// A service that asks for fewer requests needs longer waits than a connection that broke. Each kind also has a limit
/// of its own: a call is retried after errors of one kind at most so often, and at most as often as
/// ``RetryConfiguration/maxAttempts`` allows in all; whichever is used up first ends it. Each kind counts for itself,
/// so that the first wait for a rate limit is its initial delay however many timeouts came before. A kind without an
/// entry has the configuration's ``RetryConfiguration/backoff`` and no limit of its own.
///
/// A value type, safe to share.
public struct ClassBackoffs: Sendable {
    /// How long to wait after errors of one kind, and how often.
    public struct Schedule: Sendable {
        /// How long to wait before each retry.
        public let backoff: Backoff
        /// How many retries of one call errors of this kind may cause.
        public let maxRetries: Int

        /// Creates a schedule.
        ///
        /// - Parameters:
        ///   - backoff: How long to wait before each retry.
        ///   - maxRetries: How many retries of one call errors of this kind may cause, 0 or more. Defaults to 3.
        /// - Throws: ``ConfigurationError`` for a negative number.
        public init(_ backoff: Backoff, maxRetries: Int = 3) throws(ConfigurationError) {
            try Validation.count("maxRetries", maxRetries, in: 0...Int.max)
            self.init(unchecked: backoff, maxRetries)
        }

        fileprivate init(unchecked backoff: Backoff, _ maxRetries: Int) {
            self.backoff = backoff
            self.maxRetries = maxRetries
        }
    }

    /// The kinds of errors that count for themselves.
    package enum Group: Hashable, Sendable {
        case notSent
        case connection
        case errorClass(ErrorClass)
    }

    package let schedules: [Group: Schedule]

    /// Creates a table.
    ///
    /// - Parameters:
    ///   - schedules: The schedules of some classes of errors.
    ///   - connection: The schedule of errors of any class by which the connection could not be made or broke
    ///     (``ErrorClassification/isConnection``). Defaults to that of the class.
    ///   - notSent: The schedule of errors of any class by which the request certainly never reached the service
    ///     (``ErrorClassification/isNotSent``). Defaults to `connection`.
    public init(_ schedules: [ErrorClass: Schedule], connection: Schedule? = nil, notSent: Schedule? = nil) {
        var table: [Group: Schedule] = [:]
        for (errorClass, schedule) in schedules { table[.errorClass(errorClass)] = schedule }
        table[.connection] = connection
        table[.notSent] = notSent
        self.schedules = table
    }

    /// A table of entries that are valid by themselves.
    package init(_ schedules: [Group: Schedule]) {
        self.schedules = schedules
    }

    /// The waits that suit most services, each spread by half to both sides.
    ///
    /// | error | first wait | grows | up to | retries |
    /// | --- | --- | --- | --- | --- |
    /// | rate limited | 5 s | × 2 | 120 s | 5 |
    /// | timeout, no or a broken connection | 0.5 s | × 1.5 | 10 s | 3 |
    /// | server error | 2 s | × 2 | 30 s | 3 |
    /// | overloaded, unavailable | 2 s | × 2 | 60 s | 3 |
    /// | unknown | 1 s | × 2 | 60 s | 3 |
    ///
    /// With ``RetryConfiguration/maxAttempts`` below 6 the five retries of a rate limit are not reached, and with the
    /// default ``RetryConfiguration/maxUnknownRetries`` an unknown error is retried once.
    public static let standard = ClassBackoffs(
        [
            .rateLimited: schedule(seconds: 5, 2, upTo: 120, retries: 5),
            .timeout: schedule(seconds: 0.5, 1.5, upTo: 10, retries: 3),
            .transient: schedule(seconds: 2, 2, upTo: 30, retries: 3),
            .overloaded: schedule(seconds: 2, 2, upTo: 60, retries: 3),
            .unknown: schedule(seconds: 1, 2, upTo: 60, retries: 3),
        ],
        connection: schedule(seconds: 0.5, 1.5, upTo: 10, retries: 3))

    private static func schedule(
        seconds: Double, _ multiplier: Double, upTo maximum: Int, retries: Int
    ) -> Schedule {
        Schedule(
            unchecked: Backoff(
                unchecked: .exponential(initial: .seconds(seconds), multiplier: multiplier),
                maxDelay: .seconds(maximum), jitter: .wide),
            retries)
    }

    /// The schedule for an error; nil when its kind has none.
    public func schedule(for classification: ErrorClassification) -> Schedule? {
        entry(for: classification)?.schedule
    }

    func entry(for classification: ErrorClassification) -> (group: Group, schedule: Schedule)? {
        if classification.isNotSent, let schedule = schedules[.notSent] { return (.notSent, schedule) }
        // Who says that nothing was sent, without naming the connection, means that none could be made.
        if classification.isConnection || classification.isNotSent, let schedule = schedules[.connection] {
            return (.connection, schedule)
        }
        let group = Group.errorClass(classification.errorClass)
        return schedules[group].map { (group, $0) }
    }
}
