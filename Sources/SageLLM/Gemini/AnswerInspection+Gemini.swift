import NIOCore

extension AnswerInspection {
    /// Looks at the body of a `GenerateContentResponse`: an object with at least one candidate.
    ///
    /// A prompt that was blocked has none, and is an error about content. So is an answer without any content that a
    /// filter stopped; one in which the model failed is worth another try.
    static func generateContent(_ body: ByteBuffer) -> AnswerInspection {
        let bytes = body.readableBytesSpan
        do throws(JSONScanError) {
            let scan = try GenerateContentScan(bytes)
            let reasons = scan.candidates.compactMap(\.finishReason)
            var inspection = AnswerInspection(.complete, usage: scan.usage, finishReasons: reasons)
            if let range = scan.error {
                inspection.verdict = .failed(body.slice(range))
            } else if scan.root != .object {
                inspection.verdict = .unexpected(scan.root)
            } else if scan.candidateCount ?? 0 == 0 {
                inspection.verdict = .incomplete("it has no candidates")
            } else if !scan.hasContent, !reasons.isEmpty, reasons.allSatisfy(GeminiFinishReason.isWithoutAnswer) {
                inspection.verdict = .failed(body.slice(scan.document))
            }
            return inspection
        } catch {
            return AnswerInspection(error, in: bytes)
        }
    }

    /// Looks at the answer of `embedContent`: an object with a vector.
    static func embedContent(_ body: ByteBuffer) -> AnswerInspection {
        vectors(body, array: "embeddings", single: "embedding", vector: "values")
    }

    /// Looks at the answer of `batchEmbedContents`: an object with vectors.
    static func batchEmbedContents(_ body: ByteBuffer) -> AnswerInspection {
        vectors(body, array: "embeddings", single: nil, vector: "values")
    }
}
