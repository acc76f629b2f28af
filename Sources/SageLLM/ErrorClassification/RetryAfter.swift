package import HTTPTypes
package import SageResilience

/// Finds what a server said about trying again: in headers, in the error body, in its message.
///
/// The forms, from the most to the least exact, of which the first that can be read wins:
/// `x-should-retry: false`; `retry-after-ms`; `x-ms-retry-after-ms`; `retry-after` as seconds or as an HTTP date; a
/// delay in the body (Gemini's `RetryInfo`); "try again in 5.289s" in the message; the reset of the request or token
/// limit of which nothing remains, on a 429. A date that has passed means no wait; what cannot be read is no hint.
package enum RetryAfter {
    /// What the server said.
    ///
    /// - Parameters:
    ///   - headers: The headers of the answer.
    ///   - status: The status of the answer, nil for an error inside a stream.
    ///   - body: The error body.
    ///   - now: The present in seconds since 1970, used for dates when the answer has no `Date` header.
    package static func hint(
        headers: HTTPFields, status: Int?, body: ProviderErrorBody, now: Int64
    ) -> ServerHint? {
        if shouldRetry(headers) == false { return .doNotRetry }
        let wait =
            wait(in: headers, now: now)
            ?? body.retryDelay
            ?? wait(in: body.message)
            // The longest of the used-up limits, because a request needs all of them.
            ?? (status == 429 ? RateHeaders(headers, now: now)?.pause : nil)
        return wait.map(ServerHint.wait)
    }

    /// The server's own verdict in `x-should-retry`, nil when it gave none.
    static func shouldRetry(_ headers: HTTPFields) -> Bool? {
        for value in headers.values(of: "x-should-retry") {
            switch value.lowercased() {
            case "true": return true
            case "false": return false
            default: continue
            }
        }
        return nil
    }

    /// The wait that a `retry-after` header in one of its variants asks for.
    static func wait(in headers: HTTPFields, now: Int64) -> Duration? {
        for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
            for value in headers.values(of: name) {
                if let wait = ProviderDuration.parseNumber(value, unit: 1_000_000) { return wait }
            }
        }
        return RetryAfterField.wait(headers.values(of: "retry-after"), dates: headers.values(of: "date"), now: now)
    }

    /// The wait that running text asks for, for example "Please try again in 1m2s".
    package static func wait(in message: String) -> Duration? {
        let text = FoldedText(message)
        for phrase in ["try again in", "retry in", "retry after", "try again after"] {
            var position = 0
            while let end = text.end(of: phrase, from: position) {
                let number = text.bytes[end...].firstIndex { $0 != 0x20 && $0 != 0x3A } ?? text.bytes.count
                if let wait = ProviderDuration.parsePrefix(of: text.bytes, at: number) { return wait }
                position = end
            }
        }
        return nil
    }
}

extension HTTPFields {
    /// The values of all fields of a name, without white space around them.
    ///
    /// - Parameter name: The name in lower case.
    func values(of name: String) -> [Substring] {
        compactMap { field in
            field.name.canonicalName == name ? ErrorText.trimmed(field.value[...]) : nil
        }
    }
}
