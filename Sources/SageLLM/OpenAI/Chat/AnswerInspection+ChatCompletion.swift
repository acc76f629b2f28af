import NIOCore

extension AnswerInspection {
    /// Looks at the body of a chat completion: an object with at least one choice.
    static func chatCompletion(_ body: ByteBuffer) -> AnswerInspection {
        let bytes = body.readableBytesSpan
        do throws(JSONScanError) {
            let scan = try ChatReplyScan(bytes)
            var inspection = AnswerInspection(
                .complete, usage: scan.usage, finishReasons: scan.choices.compactMap(\.finishReason))
            if let range = scan.error {
                inspection.verdict = .failed(body.slice(range))
            } else if scan.root != .object {
                inspection.verdict = .unexpected(scan.root)
            } else if scan.choiceCount ?? 0 == 0 {
                inspection.verdict = .incomplete("it has no choices")
            }
            return inspection
        } catch {
            return AnswerInspection(error, in: bytes)
        }
    }
}
