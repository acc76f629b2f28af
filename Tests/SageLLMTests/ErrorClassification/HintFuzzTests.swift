import Foundation
import HTTPTypes
import Testing

@testable import SageLLM

/// Dates and durations of hints: what is well formed is read exactly, what is not never traps and never goes backwards.
struct HintFuzzTests {
    @Test func durationsAreReadAsTheyWereWritten() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<5_000 {
            let milliseconds = Int.random(in: 0..<1 << Int.random(in: 1...36, using: &random), using: &random)
            let (hours, rest) = milliseconds.quotientAndRemainder(dividingBy: 3_600_000)
            let (minutes, thousandths) = rest.quotientAndRemainder(dividingBy: 60_000)
            let fraction = String(thousandths % 1000 + 1000).dropFirst()
            let text = "\(hours)h\(minutes)m\(thousandths / 1000).\(fraction)s"
            // The macro is slow where nothing is wrong.
            for text in [text, "\(milliseconds)ms"] where ProviderDuration.parse(text) != .milliseconds(milliseconds) {
                Issue.record("\(text)")
            }
        }
    }

    @Test func datesAreReadAsTheyWereWritten() throws {
        var random = SeededGenerator(seed: 2)
        let now: Int64 = 1_696_004_787
        for _ in 0..<500 {
            // The year of two digits is known for half a century to either side.
            let wait = Int64.random(in: 0..<40 * 365 * 86_400, using: &random)
            for form in ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"] {
                let text = Self.text(of: now + wait, form)
                let read = RetryAfter.wait(in: try fields(["retry-after": text]), now: now)
                if read != .seconds(wait) { Issue.record("\(text)") }
            }
            let timestamp = Self.text(of: now + wait, "%Y-%m-%dT%H:%M:%SZ")
            #expect(InternetTimestamp.parse(timestamp[...]) == (now + wait) * 1_000_000_000, "\(timestamp)")
        }
    }

    @Test(arguments: [
        "1h2m3.5s", "120ms", "6m0s", "Fri, 29 Sep 2023 16:26:47 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "2023-09-29T16:26:37.5+02:00", "9223372036854775807", "3.999999999999999999999",
    ])
    func mutatedHintsNeverTrapAndNeverGoBackwards(_ text: String) throws {
        var random = SeededGenerator(seed: UInt64(text.utf8.count))
        for _ in 0..<Mutation.rounds(2_500) {
            let mutated = String(decoding: Mutation.apply(to: [UInt8](text.utf8), using: &random), as: UTF8.self)
            var waits = [ProviderDuration.parse(mutated), RetryAfter.wait(in: "please try again in \(mutated).")]
            _ = InternetTimestamp.parse(mutated[...])
            let now = [Int64.min, -1, 0, 1_696_004_787, .max].randomElement(using: &random) ?? 0
            for name in ["retry-after", "retry-after-ms", "x-ms-retry-after-ms"] {
                waits.append(RetryAfter.wait(in: try fields([name: mutated]), now: now))
            }
            for case let wait? in waits where wait < .zero { Issue.record("\(wait) in \(mutated)") }
        }
    }

    private static func text(of seconds: Int64, _ form: String) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return String(unsafeUninitializedCapacity: 64) { bytes in
            bytes.withMemoryRebound(to: CChar.self) { strftime($0.baseAddress, 64, form, &parts) }
        }
    }
}
