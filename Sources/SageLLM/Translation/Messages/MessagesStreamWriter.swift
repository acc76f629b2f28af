import NIOCore

/// Writes a stream of Anthropic's messages.
///
/// Its order is strict: one block at a time, each begun, filled and ended, and numbered in order; then one
/// `message_delta` with the reason and the token counts, and `message_stop`. Other formats may fill several tool calls
/// by turns. The first stays open until its JSON is complete, and what belongs behind it waits.
struct MessagesStreamWriter: ChatStreamWriter {
    fileprivate enum Kind: Equatable {
        case text, thinking
        case call(Int)
    }

    private struct OpenBlock {
        let kind: Kind
        var arguments = JSONFragmentTracker()
        var hasSignature = false

        /// Whether something else may follow.
        var isComplete: Bool {
            if case .call = kind { arguments.isComplete } else { true }
        }
    }

    /// How much may wait behind a call that does not get complete.
    private static let maximumWaitingBytes = 8 << 20

    private let context: TranslationContext
    private var id = ""
    private var hasStarted = false
    private var isOver = false
    private var nextIndex = 0
    private var open: OpenBlock?
    private var waiting: [NeutralStreamEvent] = []
    private var waitingBytes = 0
    private var traits = MessagesReplyWriter.Traits()
    private var end: (reason: NeutralStopReason, sequence: String?)?
    private var usage: TokenCounts?

    init(_ context: TranslationContext) {
        self.context = context
    }

    mutating func write(_ event: NeutralStreamEvent, to output: inout ByteBuffer) {
        guard !isOver else { return }
        switch event {
        case .start(let id, _):
            self.id = id
            start(&output)
        case .usage(let counts):
            if usage == nil { usage = counts } else { usage?.merge(counts) }
        case .finish(let reason, let sequence, 0):
            end = (reason, sequence)
        case .finish:
            break
        default:
            // Only the first choice exists in this format, and no request asks for more.
            guard event.choice == 0 else { return }
            start(&output)
            add(event, &output)
        }
    }

    mutating func finish(_ output: inout ByteBuffer) {
        guard !isOver else { return }
        isOver = true
        start(&output)
        close(&output)
        while !waiting.isEmpty {
            release(&output)
            close(&output)
        }
        writeEvent(
            "message_delta",
            [
                "delta": [
                    "stop_reason": .string(MessagesReplyWriter.stopReason(end?.reason ?? .stop, traits)),
                    "stop_sequence": end?.sequence.map(JSONValue.string) ?? .null,
                ],
                "usage": MessagesUsage.json(usage),
            ], &output)
        writeEvent("message_stop", [:], &output)
    }

    private mutating func start(_ output: inout ByteBuffer) {
        guard !hasStarted else { return }
        hasStarted = true
        let message: JSONValue = [
            "id": .string(MessagesReplyWriter.id(id, context)), "type": "message", "role": "assistant",
            "model": .string(context.model), "content": [], "stop_reason": nil, "stop_sequence": nil,
            "usage": MessagesUsage.json(usage),
        ]
        writeEvent("message_start", ["message": message], &output)
    }

    // MARK: Blocks

    /// Writes what belongs to the open block or may follow it; lets the rest wait.
    private mutating func add(_ event: NeutralStreamEvent, _ output: inout ByteBuffer) {
        if let open, !event.belongs(to: open.kind), !open.isComplete || !waiting.isEmpty {
            wait(event, &output)
            return
        }
        emit(event, &output)
        if open?.isComplete == true, !waiting.isEmpty { release(&output) }
    }

    private mutating func wait(_ event: NeutralStreamEvent, _ output: inout ByteBuffer) {
        waiting.append(event)
        waitingBytes += event.size
        guard waitingBytes > Self.maximumWaitingBytes else { return }
        isOver = true
        waiting = []
        writeEvent(
            "error",
            ["error": ["type": "api_error", "message": "the provider left a tool call open for too long"]], &output)
    }

    /// Writes what waits: all of one call after the other, as far as they are complete.
    private mutating func release(_ output: inout ByteBuffer) {
        var held = waiting
        waiting = []
        waitingBytes = 0
        while !held.isEmpty {
            var rest: [NeutralStreamEvent] = []
            for event in held {
                if let open, !event.belongs(to: open.kind), !open.isComplete || !rest.isEmpty {
                    rest.append(event)
                } else {
                    emit(event, &output)
                }
            }
            guard rest.count < held.count, open?.isComplete ?? true else {
                waiting = rest
                waitingBytes = rest.reduce(0) { $0 + $1.size }
                return
            }
            held = rest
        }
    }

    /// Writes an event, in a block of its kind.
    private mutating func emit(_ event: NeutralStreamEvent, _ output: inout ByteBuffer) {
        switch event {
        case .text(let text, _), .refusal(let text, _):
            guard !text.isEmpty else { return }
            if case .refusal = event { traits.hasRefusal = true }
            begin(.text, ["type": "text", "text": ""], &output)
            writeDelta(["type": "text_delta", "text": .string(text)], &output)
        case .thinking(let text, _):
            // A signature ends what it signs.
            if open?.hasSignature == true { close(&output) }
            begin(.thinking, ["type": "thinking", "thinking": "", "signature": ""], &output)
            writeDelta(["type": "thinking_delta", "thinking": .string(text)], &output)
        case .thinkingSignature(let signature, _):
            // Another provider's stays a mark.
            guard !ThoughtSignature.isGemini(signature) else { return }
            if open?.hasSignature == true { close(&output) }
            begin(.thinking, ["type": "thinking", "thinking": "", "signature": ""], &output)
            open?.hasSignature = true
            writeDelta(["type": "signature_delta", "signature": .string(signature)], &output)
        case .redactedThinking(let data, _):
            close(&output)
            writeBlockStart(ChatThinking.redactedBlock(data), &output)
            writeBlockStop(&output)
        case .toolCallStart(let id, let name, let index, _):
            traits.hasCalls = true
            close(&output)
            begin(
                .call(index),
                [
                    "type": "tool_use", "id": .string(ToolIdentifier.anthropic(id)), "name": .string(name),
                    "input": [:],
                ], &output)
        case .toolCallArguments(let text, let index, _):
            // What comes for a call that is over, or was never begun, has no place.
            guard open?.kind == .call(index), !text.isEmpty else { return }
            open?.arguments.append(text)
            writeDelta(["type": "input_json_delta", "partial_json": .string(text)], &output)
        case .start, .finish, .usage, .toolCallSignature:
            break
        }
    }

    private mutating func begin(_ kind: Kind, _ block: JSONValue, _ output: inout ByteBuffer) {
        guard open?.kind != kind else { return }
        close(&output)
        writeBlockStart(block, &output)
        open = OpenBlock(kind: kind)
    }

    private mutating func close(_ output: inout ByteBuffer) {
        guard let block = open else { return }
        open = nil
        if block.kind == .thinking, !block.hasSignature {
            writeDelta(["type": "signature_delta", "signature": .string(ForeignThinking.mark)], &output)
        }
        writeBlockStop(&output)
    }

    // MARK: Events

    private func writeBlockStart(_ block: JSONValue, _ output: inout ByteBuffer) {
        writeEvent("content_block_start", ["index": .integer(Int64(nextIndex)), "content_block": block], &output)
    }

    private func writeDelta(_ delta: JSONValue, _ output: inout ByteBuffer) {
        writeEvent("content_block_delta", ["index": .integer(Int64(nextIndex)), "delta": delta], &output)
    }

    private mutating func writeBlockStop(_ output: inout ByteBuffer) {
        writeEvent("content_block_stop", ["index": .integer(Int64(nextIndex))], &output)
        nextIndex += 1
    }

    private func writeEvent(_ type: String, _ members: JSONObject, _ output: inout ByteBuffer) {
        var data: JSONObject = ["type": .string(type)]
        for (key, value) in members { data[key] = value }
        ServerSentEventEncoder.write(data: JSONValue.object(data).jsonBuffer, event: type, to: &output)
    }
}

extension NeutralStreamEvent {
    /// Which choice the event is about.
    fileprivate var choice: Int {
        switch self {
        case .text(_, let choice), .thinking(_, let choice), .thinkingSignature(_, let choice),
            .redactedThinking(_, let choice), .refusal(_, let choice), .toolCallStart(_, _, _, let choice),
            .toolCallArguments(_, _, let choice), .toolCallSignature(_, _, let choice), .finish(_, _, let choice):
            choice
        case .start, .usage: 0
        }
    }

    /// About how many bytes the event keeps while it waits.
    fileprivate var size: Int {
        switch self {
        case .text(let text, _), .thinking(let text, _), .thinkingSignature(let text, _),
            .redactedThinking(let text, _), .refusal(let text, _), .toolCallArguments(let text, _, _):
            text.utf8.count + 64
        case .toolCallStart(let id, let name, _, _): id.utf8.count + name.utf8.count + 64
        case .start, .finish, .usage, .toolCallSignature: 64
        }
    }

    /// Whether the event continues a block.
    fileprivate func belongs(to kind: MessagesStreamWriter.Kind) -> Bool {
        switch (self, kind) {
        case (.toolCallArguments(_, let index, _), .call(let open)): index == open
        case (.text, .text), (.refusal, .text), (.thinking, .thinking), (.thinkingSignature, .thinking): true
        default: false
        }
    }
}
