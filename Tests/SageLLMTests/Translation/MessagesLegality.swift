import Testing

@testable import SageLLM

/// What a client has understood of a stream of Anthropic's messages, or why it would not understand it.
///
/// Follows the rules of the format to the letter: one message_start; blocks one at a time, numbered from 0, each begun,
/// filled with deltas of its type and ended; one message_delta with a reason and counts; message_stop; nothing after.
struct MessagesLegality {
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var blocks: [JSONValue] = []
    private(set) var stopReason: String?
    private(set) var usage: JSONValue?
    private(set) var startUsage: JSONValue?

    private enum State { case nothing, started, inBlock, delta, stopped }

    private var state = State.nothing
    private var partialJSON = ""
    private var hasSignature = false

    /// Reads a whole stream.
    init(_ events: [ServerSentEvent]) throws {
        for event in events { try read(event) }
        guard state == .stopped else { throw Violation(description: "no message_stop") }
    }

    private mutating func read(_ event: ServerSentEvent) throws {
        let json = try JSONValue(parsing: event.data)
        guard let type = json["type"]?.stringValue, type == event.event else {
            throw Violation(description: "the type is not that of the event line: \(event.dataText)")
        }
        switch (state, type) {
        case (.nothing, "message_start"):
            guard json["message"]?["content"] == [], json["message"]?["id"]?.stringValue?.hasPrefix("msg_") == true,
                json["message"]?["usage"]?["input_tokens"]?.intValue != nil
            else { throw Violation(description: "the start is incomplete") }
            startUsage = json["message"]?["usage"]
            state = .started
        case (.started, "content_block_start"):
            guard json["index"]?.intValue == blocks.count, let block = json["content_block"] else {
                throw Violation(description: "a block with a wrong number")
            }
            blocks.append(block)
            partialJSON = ""
            hasSignature = false
            state = .inBlock
        case (.inBlock, "content_block_delta"):
            guard json["index"]?.intValue == blocks.count - 1, let delta = json["delta"] else {
                throw Violation(description: "a delta for a block that is not open")
            }
            try add(delta)
        case (.inBlock, "content_block_stop"):
            guard json["index"]?.intValue == blocks.count - 1 else {
                throw Violation(description: "the end of a block that is not open")
            }
            try endBlock()
            state = .started
        case (.started, "message_delta"):
            guard let reason = json["delta"]?["stop_reason"]?.stringValue, let counts = json["usage"],
                counts["output_tokens"]?.intValue != nil
            else { throw Violation(description: "a message_delta without reason or counts") }
            stopReason = reason
            usage = counts
            state = .delta
        case (.delta, "message_stop"):
            state = .stopped
        default:
            throw Violation(description: "\(type) in state \(state)")
        }
    }

    private mutating func add(_ delta: JSONValue) throws {
        guard case .object(var block) = blocks.last else { return }
        func append(_ key: String, _ member: String) throws {
            guard let old = block[key]?.stringValue, let new = delta[member]?.stringValue else {
                throw Violation(description: "\(delta) in \(block)")
            }
            block[key] = .string(old + new)
        }
        switch (block["type"]?.stringValue, delta["type"]?.stringValue) {
        case ("text", "text_delta"): try append("text", "text")
        case ("thinking", "thinking_delta"):
            guard !hasSignature else { throw Violation(description: "thinking after its signature") }
            try append("thinking", "thinking")
        case ("thinking", "signature_delta"):
            guard !hasSignature else { throw Violation(description: "two signatures") }
            hasSignature = true
            try append("signature", "signature")
        case ("tool_use", "input_json_delta"):
            guard let text = delta["partial_json"]?.stringValue else { throw Violation(description: "\(delta)") }
            partialJSON += text
        default: throw Violation(description: "\(delta) in \(block)")
        }
        blocks[blocks.count - 1] = .object(block)
    }

    private mutating func endBlock() throws {
        guard case .object(var block) = blocks.last else { return }
        if block["type"] == "tool_use" {
            guard block["input"] == [:] else { throw Violation(description: "a call begins with arguments") }
            // Arguments that are no JSON are shown as they came.
            block["input"] = partialJSON.isEmpty ? [:] : (try? JSONValue(parsing: partialJSON)) ?? .string(partialJSON)
        }
        if block["type"] == "thinking", !hasSignature { throw Violation(description: "thinking without a signature") }
        blocks[blocks.count - 1] = .object(block)
    }
}
