import HTTPTypes
import SageResilience
import Testing

@testable import SageLLM

/// Random input must never trap and never break a bound.
struct ErrorFuzzTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            // SplitMix64.
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let fragments = [
        "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u0000", "\\ud800", "null", "true", "1e999999", "-0", "429", "402",
        "error", "\"error\":", "\"message\":", "\"code\":", "\"details\":[", "\"retryDelay\":\"", "9999999999s", "-1s",
        "\"innererror\":{", "\"metadata\":{", "<html>", "<title>", "</title>", "&amp;", "data:", "\n", "\r\n", "\u{0}",
        "é", "\u{202E}", "try again in ", "1h2m3.5s", "retry after ", ".", "99999999999999999999", "ms",
        " sk-abcdefgh ",
        "Bearer ", "key=", "://", "@", "Fri, 29 Sep 2023 16:26:47 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", " ", "limit: 0", "per day",
    ]

    private static func text(_ generator: inout Generator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            if Int.random(in: 0..<8, using: &generator) == 0 {
                bytes.append(UInt8.random(in: .min ... .max, using: &generator))
            } else {
                bytes += (fragments.randomElement(using: &generator) ?? "").utf8
            }
        }
        return bytes
    }

    @Test(arguments: 0..<8)
    func noInputTrapsOrBreaksABound(_ seed: Int) throws {
        var generator = Generator(state: UInt64(seed))
        let names = [
            "retry-after", "retry-after-ms", "x-ms-retry-after-ms", "date", "x-should-retry",
            "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "x-request-id",
        ]
        for _ in 0..<120 {
            let body = Self.text(&generator)
            var headers: [String: String] = [:]
            for name in names where Bool.random(using: &generator) {
                headers[name] = String(decoding: Self.text(&generator), as: UTF8.self)
            }
            let now = [Int64.min, -1, 0, 1_696_004_787, .max].randomElement(using: &generator) ?? 0
            let errors = [
                ProviderError.answer(
                    target: "a/b", status: Int.random(in: -1...1_000, using: &generator),
                    headers: try fields(headers), body: body, now: now),
                ProviderError.streamError(target: "a/b", payload: body, now: now),
            ]
            for error in errors {
                #expect(!error.message.isEmpty)
                #expect(error.message.utf8.count <= ProviderError.maximumMessageBytes)
                #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 })
                #expect(!error.description.contains("sk-abcdefgh"))
                if case .wait(let wait) = error.classification.hint { #expect(wait >= .zero) }
            }
        }
    }

    @Test(arguments: 0..<6)
    func aMutatedBodyStillHasAClass(_ seed: Int) {
        var generator = Generator(state: UInt64(seed) &+ 1_000)
        for answer in ProviderAnswer.openAI + ProviderAnswer.azure + ProviderAnswer.gemini + ProviderAnswer.anthropic {
            var bytes = Array(answer.body.utf8)
            for _ in 0..<3 where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.removeLast(bytes.count - index)
                }
            }
            let classification = ProviderErrorClassifier.classify(
                status: answer.status, body: ProviderErrorBody(parsing: bytes, status: answer.status), now: 0)
            #expect(classification.errorClass != .unknown)
        }
    }
}
