package import NIOCore

/// Watches the events of a response and tells at their end whether the answer is whole.
///
/// - An error wins over everything: an `error` event, `response.failed`, or any event with an `error` that is not empty.
/// - `response.completed` or `response.incomplete` makes the answer whole; nothing follows, also no `[DONE]`.
/// - Without one of them it is truncated: the client's library would take it for a whole answer.
package struct ResponsesStreamInspector: StreamInspector {
    package private(set) var hasContent = false
    package private(set) var usage: TokenCounts?
    /// The status of the response or why it is incomplete, once it has ended.
    private var finishReason: String?
    private var error: ByteBuffer?
    private var malformed: JSONScanError?

    package init() {}

    package var finishReasonTexts: [String] { finishReason.map { [$0] } ?? [] }

    /// The last event is part of the answer: without it the answer is not whole.
    package var missingEnd: ByteBuffer? { nil }

    package mutating func inspect(_ event: ServerSentEvent) -> StreamSignal {
        guard event.isDispatched else { return .keepAlive }
        let bytes = event.data.readableBytesSpan
        // Services that speak the format may end it as they end chats.
        if ChatStreamInspector.isDoneMarker(bytes) { return .done }
        do throws(JSONScanError) {
            let scan = try ResponsesEventScan(bytes)
            hasContent = hasContent || scan.hasContent
            usage = scan.usage ?? usage
            if let range = scan.error { return fail(event.data.slice(range)) }
            if event.event == "error" { return fail(event.data) }
            switch scan.type {
            case "response.completed", "response.incomplete":
                finishReason = scan.incompleteReason ?? scan.status ?? String(scan.type.dropFirst("response.".count))
                return .done
            default:
                return scan.hasContent ? .content : .bookkeeping
            }
        } catch {
            if event.event == "error" { return fail(event.data) }
            malformed = malformed ?? error
            return .malformed(error)
        }
    }

    package func verdict(incompleteEvent: ServerSentEvent?) -> StreamVerdict {
        if let error { return .failed(error) }
        if let malformed { return .malformed(malformed) }
        if finishReason != nil { return .complete }
        if incompleteEvent != nil { return .truncated(.insideEvent) }
        return .truncated(hasContent ? .unfinished : .empty)
    }

    private mutating func fail(_ bytes: ByteBuffer) -> StreamSignal {
        error = error ?? bytes
        return .error(bytes)
    }
}
