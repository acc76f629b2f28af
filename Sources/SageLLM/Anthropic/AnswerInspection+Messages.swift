import NIOCore

extension AnswerInspection {
    /// Looks at the body of an answer of Anthropic's messages: an object with content, or at least the reason why it
    /// has none.
    static func message(_ body: ByteBuffer) -> AnswerInspection {
        inspect(body) { scan in
            guard scan.hasContentArray else { return "it has no content" }
            return scan.hasContent || scan.stopReason != nil ? nil : "its content is empty"
        }
    }

    /// Looks at the body of an answer of Anthropic's count_tokens: an object with `input_tokens`.
    static func countTokens(_ body: ByteBuffer) -> AnswerInspection {
        inspect(body) { scan in
            scan.inputTokens == nil ? "it has no input_tokens" : nil
        }
    }

    /// - Parameter flaw: What an object lacks to be an answer; nil if nothing.
    private static func inspect(_ body: ByteBuffer, flaw: (MessagesScan) -> String?) -> AnswerInspection {
        let bytes = body.readableBytesSpan
        var usage = MessagesUsage()
        do throws(JSONScanError) {
            let scan = try MessagesScan(bytes, usage: &usage)
            var inspection = AnswerInspection(
                .complete, usage: usage.counts ?? scan.inputTokens.map { TokenCounts(prompt: $0) },
                finishReasons: [scan.stopReason].compactMap(\.self))
            if let range = scan.error {
                inspection.verdict = .failed(body.slice(range))
            } else if scan.root != .object {
                inspection.verdict = .unexpected(scan.root)
            } else if let flaw = flaw(scan) {
                inspection.verdict = .incomplete(flaw)
            }
            return inspection
        } catch {
            return AnswerInspection(error, in: bytes)
        }
    }
}
