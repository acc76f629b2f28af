package import NIOCore

/// What one event of a chat-completion stream is.
package enum StreamSignal: Sendable, Hashable {
    /// Part of the answer. From the first of these on, the stream is committed to its client.
    case content
    /// A chunk without any of the answer: the role, a finish reason, usage, filter results.
    case bookkeeping
    /// `[DONE]`.
    case done
    /// No event for the application: a comment or empty lines.
    case keepAlive
    /// An error inside a stream whose status was 200; the bytes of the error as the provider wrote them.
    case error(ByteBuffer)
    /// Data that is no JSON; a client's library would fail on it.
    case malformed(JSONScanError)
}

/// How a chat-completion stream ended.
package enum StreamVerdict: Sendable, Hashable {
    /// The whole answer was delivered. If ``ChatStreamInspector/isDone`` is false, the client still needs `[DONE]`.
    case complete
    /// The stream ended too early.
    case truncated(StreamTruncation)
    /// The provider reported an error inside the stream; the bytes of the error as the provider wrote them.
    case failed(ByteBuffer)
    /// An event was no JSON.
    case malformed(JSONScanError)
}

/// In which way a stream ended too early.
package enum StreamTruncation: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Neither content nor a finish reason arrived, even if `[DONE]` did.
    case empty
    /// The stream ended inside an event.
    case insideEvent = "inside_event"
    /// The stream ended with neither `[DONE]` nor a finish reason for every choice.
    case unfinished

    package var description: String {
        switch self {
        case .empty: "the stream ended without any answer"
        case .insideEvent: "the stream ended inside an event"
        case .unfinished: "the stream ended without a finish reason and without [DONE]"
        }
    }
}
