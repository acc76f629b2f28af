/// The value of a `Retry-After` field (RFC 9110, section 10.2.3).
package enum RetryAfterField {
    /// The wait that an answer asks for; nil when no value can be read.
    ///
    /// A value is a number of seconds or a date. Many servers send a fraction of a second, which the grammar does not
    /// know. A date is compared with the answer's own `Date`, because our clock may be wrong; one that has passed is no
    /// wait. What is longer than can be expressed (292 years) is as long as can be.
    ///
    /// - Parameters:
    ///   - values: The values of the field in their order, of which the first that can be read counts.
    ///   - dates: The values of the answer's `Date` fields.
    ///   - now: The present in seconds since 1970, used when the answer has no `Date`.
    package static func wait(
        _ values: some Sequence<Substring>, dates: some Sequence<Substring>, now: Int64
    ) -> Duration? {
        for value in values {
            let text = trimmed(value)
            if let seconds = ScannedDecimal(text) { return .nanoseconds(seconds.times(1_000_000_000)) }
            guard let date = HTTPDate.parse(text, now: now) else { continue }
            let present = dates.lazy.compactMap { HTTPDate.parse(trimmed($0), now: now) }.first { _ in true } ?? now
            let (seconds, overflow) = date.subtractingReportingOverflow(present)
            // Only a clock before 1970 can overflow, and it is certainly wrong.
            return overflow ? .zero : .nanoseconds(max(0, seconds).multipliedSaturating(by: 1_000_000_000))
        }
        return nil
    }

    /// Without the white space that may stand around the value of a field.
    private static func trimmed(_ value: Substring) -> Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var text = value.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
