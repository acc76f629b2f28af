package import NIOCore

/// Looks at the body of a chat completion that came with status 200 and tells whether it is one.
package struct ChatCompletionInspector: Sendable {
    /// What a body is.
    package enum Verdict: Sendable, Hashable {
        /// A completion with at least one choice.
        case complete
        /// An error in spite of the status; the bytes of the error as the provider wrote them.
        case failed(ByteBuffer)
        /// `choices` is missing or empty.
        case noChoices
        /// JSON, but no object.
        case unexpected(JSONKind)
        /// The body is cut: valid as far as it goes, or empty.
        case truncated(JSONScanError)
        /// The body is no JSON; `isHTML` if it looks like the error page of a proxy.
        case notJSON(JSONScanError, isHTML: Bool)
    }

    /// What the body is.
    package let verdict: Verdict
    /// The token counts, if the body reports them.
    package let usage: TokenCounts?
    /// Why each choice finished, by its index.
    package let finishReasons: [Int: String]

    /// Looks at a body.
    package init(_ body: ByteBuffer) {
        let bytes = body.readableBytesSpan
        do throws(JSONScanError) {
            let scan = try ChatReplyScan(bytes)
            usage = scan.usage
            finishReasons = scan.choices.reduce(into: [:]) { $0[$1.index] = $1.finishReason }
            if let range = scan.error {
                verdict = .failed(body.slice(range))
            } else if scan.root != .object {
                verdict = .unexpected(scan.root)
            } else {
                verdict = scan.choiceCount ?? 0 > 0 ? .complete : .noChoices
            }
        } catch {
            usage = nil
            finishReasons = [:]
            if error.reason == .unexpectedEnd {
                verdict = .truncated(error)
            } else {
                verdict = .notJSON(error, isHTML: Self.startsWithMarkup(bytes))
            }
        }
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
