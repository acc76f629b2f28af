import NIOHTTP1
import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The wait that an answer asks for (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// The first `Retry-After` that can be read, as seconds or as a date; nil when there is none.
    ///
    /// A date is compared with the answer's own `Date`, because our clock may be wrong; one that has passed is no wait.
    ///
    /// - Parameters:
    ///   - headers: The fields of the answer.
    ///   - now: The present in seconds since 1970, used when the answer has no `Date`. Defaults to the system's.
    static func wait(in headers: HTTPHeaders, now: Int64 = Int64(Date.now.timeIntervalSince1970)) -> Duration? {
        for value in headers["retry-after"] {
            let text = trimmed(value)
            if let wait = seconds(text) { return .seconds(wait) }
            if let date = HTTPDate.parse(text, now: now) {
                let present = headers["date"].lazy.compactMap { HTTPDate.parse(trimmed($0), now: now) }.first ?? now
                return .seconds(max(0, date.subtractingSaturating(present)))
            }
        }
        return nil
    }

    /// Digits only; a number that is too long is as long as can be said.
    private static func seconds(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return min(Int64(text) ?? .max, longest)
    }

    /// A hundred years in seconds, which a duration in nanoseconds can hold.
    private static let longest: Int64 = 3_155_760_000

    private static func trimmed(_ value: String) -> Substring {
        var text = value[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
