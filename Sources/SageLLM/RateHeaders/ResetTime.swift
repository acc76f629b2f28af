import HTTPTypes
import SageResilience

/// Turns the resets of one answer into times from now.
struct ResetTime {
    /// Numbers from here on are moments since 1970 rather than times from now: as the latter they would be 31 years.
    private static let firstTimestamp: Int64 = 1_000_000_000
    /// Numbers from here on are milliseconds since 1970.
    private static let firstMillisecondTimestamp: Int64 = 1_000_000_000_000

    private let headers: HTTPFields
    private let local: () -> Int64

    /// - Parameters:
    ///   - headers: The answer's header fields, with its own clock in `Date`.
    ///   - now: The present by this machine's clock, in seconds since 1970.
    init(_ headers: HTTPFields, now: @escaping () -> Int64) {
        self.headers = headers
        self.local = now
    }

    /// The present in nanoseconds since 1970; by the answer's own clock if it has told it.
    ///
    /// Looked up only for resets that are moments: most are not.
    private var present: Int64 {
        let now = local()
        let date = headers.values(of: "date").lazy.compactMap { HTTPDate.parse($0, now: now) }.first { _ in true }
        return (date ?? now).multipliedSaturating(by: 1_000_000_000)
    }

    /// How long until a reset; zero for one that has passed, nil for what cannot be read or believed.
    ///
    /// - Parameter text: A duration in Go's notation, a number of seconds, a moment as in RFC 3339, or one as a number of
    ///   seconds or milliseconds since 1970.
    func wait(_ text: String) -> Duration? {
        let text = ErrorText.trimmed(text[...])
        guard let nanoseconds = nanoseconds(text) else { return nil }
        let wait = Duration.nanoseconds(max(0, nanoseconds))
        return wait <= RateHeaders.longestReset ? wait : nil
    }

    private func nanoseconds(_ text: Substring) -> Int64? {
        if let number = ScannedDecimal(text) {
            let seconds = number.times(1)
            if seconds >= Self.firstMillisecondTimestamp {
                return number.times(1_000_000).subtractingSaturating(present)
            }
            let nanoseconds = number.times(1_000_000_000)
            return seconds >= Self.firstTimestamp ? nanoseconds.subtractingSaturating(present) : nanoseconds
        }
        if let duration = ProviderDuration.parse(String(text)) { return duration.saturatingNanoseconds }
        return InternetTimestamp.parse(text).map { $0.subtractingSaturating(present) }
    }
}
