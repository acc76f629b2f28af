package import NIOCore

/// Watches a stream of `GenerateContentResponse`s and tells at its end whether the answer is whole.
///
/// The protocol has no mark at the end: a stream that is over is told from one that broke off by the finish reasons.
/// - An error inside the stream wins over everything: `error`, also in an array, or an `event: error`.
/// - A prompt that is blocked (`promptFeedback.blockReason`), and an answer without any content that a filter stopped or
///   in which the model failed (`SAFETY`, `MALFORMED_FUNCTION_CALL`), are errors.
/// - With neither content nor a finish reason the stream is truncated.
/// - A finish reason for every candidate makes it complete, also when a later event was cut.
/// - Anything else is truncated: the client's library would take it for a whole answer.
package struct GenerateContentStreamInspector: StreamInspector {
    package private(set) var hasContent = false
    package private(set) var usage: TokenCounts?
    /// Why each candidate finished, by its index.
    private var finishReasons: [Int: String] = [:]
    private let expectedCandidates: Int
    private var seenCandidates: Set<Int> = []
    private var error: ByteBuffer?
    private var malformed: JSONScanError?

    /// - Parameter expectedCandidates: How many candidates the request asks for; 1 by default.
    package init(expectedCandidates: Int = 1) {
        self.expectedCandidates = expectedCandidates
    }

    package var finishReasonTexts: [String] { finishReasons.sorted { $0.key < $1.key }.map(\.value) }

    /// Clients read up to the end of the connection.
    package var missingEnd: ByteBuffer? { nil }

    package mutating func inspect(_ event: ServerSentEvent) -> StreamSignal {
        guard event.isDispatched else { return .keepAlive }
        let bytes = event.data.readableBytesSpan
        do throws(JSONScanError) {
            let scan = try GenerateContentScan(bytes)
            record(scan)
            if let range = scan.error { return fail(event.data.slice(range)) }
            if event.event == "error" { return fail(event.data) }
            if isFinished, !hasContent, finishReasons.values.allSatisfy(GeminiFinishReason.isWithoutAnswer) {
                return fail(event.data)
            }
            return scan.hasContent ? .content : .bookkeeping
        } catch {
            if event.event == "error" { return fail(event.data) }
            // Gateways in front of Gemini may speak with OpenAI's mark.
            if ChatStreamInspector.isDoneMarker(bytes) { return .done }
            malformed = malformed ?? error
            return .malformed(error)
        }
    }

    package func verdict(incompleteEvent: ServerSentEvent?) -> StreamVerdict {
        if let error { return .failed(error) }
        if let malformed { return .malformed(malformed) }
        guard hasContent || !finishReasons.isEmpty else {
            return .truncated(incompleteEvent == nil ? .empty : .insideEvent)
        }
        if isFinished { return .complete }
        return .truncated(incompleteEvent == nil ? .unfinished : .insideEvent)
    }

    private var isFinished: Bool {
        finishReasons.count >= max(1, expectedCandidates, seenCandidates.count)
    }

    private mutating func record(_ scan: GenerateContentScan) {
        hasContent = hasContent || scan.hasContent
        if let counts = scan.usage {
            if usage == nil { usage = counts } else { usage?.merge(counts) }
        }
        for candidate in scan.candidates {
            seenCandidates.insert(candidate.index)
            if let reason = candidate.finishReason { finishReasons[candidate.index] = reason }
        }
    }

    private mutating func fail(_ bytes: ByteBuffer) -> StreamSignal {
        error = error ?? bytes
        return .error(bytes)
    }
}
