package import NIOCore

/// Watches a stream of chat-completion chunks and tells at its end whether the answer is whole.
///
/// The rules, because the protocol has none for a stream that breaks off:
/// - An error inside the stream wins over everything: a top-level `error` that is not empty, `"object": "error"`, an
///   error in a choice, `finish_reason` `error` (OpenRouter), an `event: error`, `{code, message}` without choices
///   (SiliconFlow), or any of these in an array (Gemini).
/// - With neither content nor a finish reason the stream is truncated (`empty`), even after `[DONE]`: nothing was
///   delivered, so another target can still answer.
/// - `[DONE]` then makes it complete; Ollama sends it without any finish reason.
/// - Without `[DONE]`, a finish reason for every choice makes it complete: all the content is there, also when a later
///   event (usage) was cut. The gateway adds the missing `[DONE]`.
/// - Anything else is truncated: the client's library would take it for a whole answer.
package struct ChatStreamInspector: StreamInspector {
    /// Whether any content was seen.
    package private(set) var hasContent = false
    /// Whether `[DONE]` was seen.
    package private(set) var isDone = false
    /// The last token counts that were reported.
    package private(set) var usage: TokenCounts?
    /// Why each choice finished, by its index; a choice that has not finished is missing.
    package private(set) var finishReasons: [Int: String] = [:]
    /// How many events with data were seen, `[DONE]` included.
    package private(set) var eventCount = 0

    private let expectedChoices: Int
    private var seenChoices: Set<Int> = []
    private var error: ByteBuffer?
    private var malformed: JSONScanError?

    /// - Parameter expectedChoices: How many choices the request asks for (`n`); 1 by default.
    package init(expectedChoices: Int = 1) {
        self.expectedChoices = expectedChoices
    }

    /// Whether every choice has a finish reason.
    package var isFinished: Bool {
        finishReasons.count >= max(1, expectedChoices, seenChoices.count)
    }

    package var finishReasonTexts: [String] { finishReasons.sorted { $0.key < $1.key }.map(\.value) }

    /// Clients read up to `[DONE]`.
    package var missingEnd: ByteBuffer? { isDone ? nil : SimulatedReply.doneEvent }

    /// Looks at the next event of the stream.
    package mutating func inspect(_ event: ServerSentEvent) -> StreamSignal {
        guard event.isDispatched else { return .keepAlive }
        return inspect(data: event.data, event: event.event)
    }

    /// Looks at the data of the next event.
    ///
    /// - Parameters:
    ///   - data: The event's data.
    ///   - event: The event's type; nil for none.
    package mutating func inspect(data: ByteBuffer, event: String? = nil) -> StreamSignal {
        let bytes = data.readableBytesSpan
        eventCount += 1
        if Self.isDoneMarker(bytes) {
            isDone = true
            return .done
        }
        do throws(JSONScanError) {
            let scan = try ChatReplyScan(bytes)
            record(scan)
            if let range = scan.error { return fail(data.slice(range)) }
            if event == "error" { return fail(data) }
            return scan.hasContent ? .content : .bookkeeping
        } catch {
            if event == "error" { return fail(data) }
            malformed = malformed ?? error
            return .malformed(error)
        }
    }

    /// How the stream ended.
    ///
    /// - Parameter incompleteEvent: The event inside which the stream ended, if any
    ///   (``ServerSentEventParser/incompleteEvent``). A `[DONE]` whose empty line is missing still counts.
    package func verdict(incompleteEvent: ServerSentEvent?) -> StreamVerdict {
        if let error { return .failed(error) }
        if let malformed { return .malformed(malformed) }
        let endsWithDone = incompleteEvent.map { Self.isDoneMarker($0.data.readableBytesSpan) } ?? false
        guard hasContent || !finishReasons.isEmpty else {
            return .truncated(incompleteEvent == nil || endsWithDone ? .empty : .insideEvent)
        }
        if isDone || endsWithDone || isFinished { return .complete }
        return .truncated(incompleteEvent == nil ? .unfinished : .insideEvent)
    }

    private mutating func record(_ scan: ChatReplyScan) {
        hasContent = hasContent || scan.hasContent
        usage = scan.usage ?? usage
        for choice in scan.choices {
            seenChoices.insert(choice.index)
            if let reason = choice.finishReason { finishReasons[choice.index] = reason }
        }
    }

    private mutating func fail(_ bytes: ByteBuffer) -> StreamSignal {
        error = error ?? bytes
        return .error(bytes)
    }

    /// Whether an event's data is `[DONE]`.
    static func isDoneMarker(_ bytes: RawSpan) -> Bool {
        var end = bytes.byteCount
        while end > 0, bytes.byte(at: end - 1) == .space { end -= 1 }
        return bytes.equals("[DONE]", in: 0..<end)
    }
}
