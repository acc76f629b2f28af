import NIOCore

extension AnswerInspection {
    /// Looks at the body of a response: an object with an output, or one that is worked on in the background.
    static func response(_ body: ByteBuffer) -> AnswerInspection {
        let bytes = body.readableBytesSpan
        do throws(JSONScanError) {
            let scan = try ResponsesEventScan(bytes)
            let reason = scan.incompleteReason ?? scan.status
            var inspection = AnswerInspection(
                .complete, usage: scan.usage, finishReasons: reason.map { [$0] } ?? [])
            if let range = scan.error {
                inspection.verdict = .failed(body.slice(range))
            } else if scan.root != .object {
                inspection.verdict = .unexpected(scan.root)
            } else if !scan.hasOutput, scan.status != "queued", scan.status != "in_progress" {
                inspection.verdict = .incomplete("it has no output")
            }
            return inspection
        } catch {
            return AnswerInspection(error, in: bytes)
        }
    }
}
