import NIOHTTP1
import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The wait that an answer asks for.
enum RetryAfter {
    /// The first `Retry-After` that can be read, as seconds or as a date; nil when there is none.
    ///
    /// - Parameters:
    ///   - headers: The fields of the answer.
    ///   - now: The present in seconds since 1970, used when the answer has no `Date`. Defaults to the system's.
    static func wait(in headers: HTTPHeaders, now: Int64 = Int64(Date.now.timeIntervalSince1970)) -> Duration? {
        RetryAfterField.wait(
            headers["retry-after"].lazy.map { $0[...] }, dates: headers["date"].lazy.map { $0[...] }, now: now)
    }
}
