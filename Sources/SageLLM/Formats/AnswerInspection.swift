package import NIOCore

/// What a whole body that came with status 200 is: the answer, or something else.
package struct AnswerInspection: Sendable {
    /// What a body is.
    package enum Verdict: Sendable, Hashable {
        /// An answer.
        case complete
        /// An error in spite of the status; the bytes of the error as the provider wrote them.
        case failed(ByteBuffer)
        /// An object without what makes it an answer, for example "it has no choices".
        case incomplete(String)
        /// JSON, but no object.
        case unexpected(JSONKind)
        /// The body is cut: valid as far as it goes, or empty.
        case truncated(JSONScanError)
        /// The body is no JSON; `isHTML` if it looks like the error page of a proxy.
        case notJSON(JSONScanError, isHTML: Bool)
    }

    /// What the body is.
    package var verdict: Verdict
    /// The token counts, if the body reports them.
    package var usage: TokenCounts?
    /// Why the answer finished, in the provider's words; one for each choice that says so.
    package var finishReasons: [String]

    package init(_ verdict: Verdict, usage: TokenCounts? = nil, finishReasons: [String] = []) {
        self.verdict = verdict
        self.usage = usage
        self.finishReasons = finishReasons
    }

    /// What a body is that could not be scanned.
    package init(_ error: JSONScanError, in bytes: RawSpan) {
        self.init(
            error.reason == .unexpectedEnd
                ? .truncated(error) : .notJSON(error, isHTML: Self.startsWithMarkup(bytes)))
    }

    private static func startsWithMarkup(_ bytes: RawSpan) -> Bool {
        var offset = 0
        while offset < bytes.byteCount {
            let byte = bytes.byte(at: offset)
            // White space and the bytes of a byte order mark may stand in front.
            guard byte <= .space || byte == 0xEF || byte == 0xBB || byte == 0xBF else {
                return byte == UInt8(ascii: "<")
            }
            offset += 1
        }
        return false
    }
}
