import SageLLM

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Times of answers as people read them.
enum TimeText {
    /// The time since a moment, in whole seconds; negative for one to come, nil for what is no time.
    ///
    /// - Parameters:
    ///   - time: A moment as ISO 8601.
    ///   - now: The present.
    static func age(_ time: JSONValue?, now: Date) -> Duration? {
        guard let text = time?.stringValue,
            let date = (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
                ?? (try? Date(text, strategy: Date.ISO8601FormatStyle()))
        else { return nil }
        let seconds = now.timeIntervalSince(date)
        return seconds.magnitude < 1e10 ? .seconds(Int64(seconds.rounded())) : nil
    }

    /// How long ago a moment was, for example `5m ago`; `-` for what is no time.
    static func ago(_ time: JSONValue?, now: Date) -> String {
        guard let age = age(time, now: now) else { return "-" }
        return age > .zero ? "\(age.readable) ago" : "just now"
    }
}
