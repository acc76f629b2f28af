package import NIOCore

/// Watches a stream of Anthropic's messages and tells at its end whether the answer is whole.
///
/// The rules:
/// - An error inside the stream wins over everything: `event: error`, data of type `error` or with an `error` that is
///   not empty, or the error object of a service that only imitates the format.
/// - With neither content nor a stop reason the stream is truncated (`empty`): another target can still answer.
/// - `message_stop` then makes it complete, and so does a stop reason alone: it comes after all content. The gateway
///   adds the missing `message_stop`.
/// - Anything else is truncated: Anthropic's library would take it for a whole answer.
package struct MessagesStreamInspector: StreamInspector {
    /// Whether any content was seen.
    package private(set) var hasContent = false
    /// Whether `message_stop` was seen.
    package private(set) var isDone = false
    /// Why the answer finished, in Anthropic's words; nil while it has not.
    package private(set) var stopReason: String?
    /// The name of the event, if its `event` line is missing: clients skip events without one.
    package private(set) var missingEventName: String?

    private var counts = MessagesUsage()
    private var error: ByteBuffer?
    private var malformed: JSONScanError?

    package init() {}

    package var usage: TokenCounts? { counts.counts }

    package var finishReasonTexts: [String] { stopReason.map { [$0] } ?? [] }

    /// Clients read up to `message_stop`.
    package var missingEnd: ByteBuffer? { isDone ? nil : Self.stopEvent }

    private static let stopEvent = ByteBuffer(
        string: "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")

    /// Looks at the next event of the stream.
    package mutating func inspect(_ event: ServerSentEvent) -> StreamSignal {
        missingEventName = nil
        // The library drops events without data.
        guard event.isDispatched, event.data.readableBytes > 0 else { return .keepAlive }
        let bytes = event.data.readableBytesSpan
        // Some services that imitate the format end their streams as OpenAI does.
        if ChatStreamInspector.isDoneMarker(bytes) { return .bookkeeping }
        do throws(JSONScanError) {
            let scan = try MessagesScan(bytes, usage: &counts)
            if event.event == nil { missingEventName = scan.kind.eventName }
            if let range = scan.error { return fail(event.data.slice(range)) }
            if event.event == "error" { return fail(event.data) }
            hasContent = hasContent || scan.hasContent
            stopReason = scan.stopReason ?? stopReason
            switch scan.kind {
            case .ping:
                return .keepAlive
            case .messageStop:
                isDone = true
                return .done
            default:
                return scan.hasContent ? .content : .bookkeeping
            }
        } catch {
            if event.event == "error" { return fail(event.data) }
            // The library drops pings unread.
            if event.event == "ping" { return .keepAlive }
            malformed = malformed ?? error
            return .malformed(error)
        }
    }

    /// How the stream ended.
    ///
    /// - Parameter incompleteEvent: The event inside which the stream ended, if any. A `message_stop` whose empty line
    ///   is missing still counts.
    package func verdict(incompleteEvent: ServerSentEvent?) -> StreamVerdict {
        if let error { return .failed(error) }
        if let malformed { return .malformed(malformed) }
        let endsWithStop = incompleteEvent.map { Self.isStop($0.data) } ?? false
        guard hasContent || stopReason != nil else {
            return .truncated(incompleteEvent == nil || endsWithStop ? .empty : .insideEvent)
        }
        if isDone || endsWithStop || stopReason != nil { return .complete }
        return .truncated(incompleteEvent == nil ? .unfinished : .insideEvent)
    }

    private static func isStop(_ data: ByteBuffer) -> Bool {
        var usage = MessagesUsage()
        return (try? MessagesScan(data.readableBytesSpan, usage: &usage).kind) == .messageStop
    }

    private mutating func fail(_ bytes: ByteBuffer) -> StreamSignal {
        error = error ?? bytes
        return .error(bytes)
    }
}
