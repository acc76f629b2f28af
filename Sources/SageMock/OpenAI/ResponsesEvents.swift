import NIOCore
import SageLLM

/// The typed events of a streamed Response, numbered in their order.
struct ResponsesEvents: Sendable {
    private var events: [(type: String, data: JSONValue)] = []
    private var failure: ByteBuffer?

    private mutating func append(_ type: String, _ members: JSONObject) {
        var data: JSONObject = ["type": .string(type), "sequence_number": JSONValue(events.count)]
        for (key, value) in members { data[key] = value }
        events.append((type, .object(data)))
    }

    mutating func removeLast() {
        events.removeLast()
    }

    /// Replaces what follows the error's place by the error.
    mutating func breakOff(_ inBand: ReplyOptions.InBandError) {
        events = Array(events.prefix(inBand.afterEvents))
        let standard: JSONValue = [
            "type": "error", "sequence_number": JSONValue(events.count), "code": "server_error",
            "message": ResponsesReply.breakdown["message"] ?? .null, "param": .null,
        ]
        let text = inBand.text ?? standard.description
        // A script may also send `response.failed`, the other way in which the provider breaks off.
        let type = (try? JSONValue(parsing: text))?["type"]?.stringValue ?? "error"
        failure = ServerSentEventEncoder.encode(data: ByteBuffer(string: text), event: type)
    }

    /// The events, each complete with its blank line.
    var encoded: [ByteBuffer] {
        events.map { ServerSentEventEncoder.encode(json: $0.data, event: $0.type) } + (failure.map { [$0] } ?? [])
    }
}

extension ResponsesEvents {
    /// Writes a whole answer.
    mutating func write(_ reply: ResponsesReply) {
        append("response.created", ["response": reply.begun])
        append("response.in_progress", ["response": reply.begun])
        var index = 0
        if !reply.answer.thinking.isEmpty {
            writeReasoning(of: reply, at: index)
            index += 1
        }
        if reply.hasMessage {
            writeMessage(of: reply, at: index)
            index += 1
        }
        for call in reply.answer.calls {
            write(call, of: reply, at: index)
            index += 1
        }
        let type =
            switch reply.ending {
            case .failed: "response.failed"
            case .incomplete: "response.incomplete"
            case .completed, .other: "response.completed"
            }
        append(type, ["response": reply.whole])
    }

    private mutating func writeReasoning(of reply: ResponsesReply, at index: Int) {
        append(
            "response.output_item.added",
            ["output_index": JSONValue(index), "item": reply.reasoning(isDone: false)])
        let place: JSONObject = [
            "item_id": .string(reply.reasoningID), "output_index": JSONValue(index), "summary_index": 0,
        ]
        append("response.reasoning_summary_part.added", place.with("part", reply.summaryPart("")))
        for word in SimulatedReply.words(of: reply.answer.thinking) {
            append("response.reasoning_summary_text.delta", place.with("delta", .string(word)))
        }
        append("response.reasoning_summary_text.done", place.with("text", .string(reply.answer.thinking)))
        append(
            "response.reasoning_summary_part.done", place.with("part", reply.summaryPart(reply.answer.thinking)))
        append(
            "response.output_item.done", ["output_index": JSONValue(index), "item": reply.reasoning(isDone: true)])
    }

    private mutating func writeMessage(of reply: ResponsesReply, at index: Int) {
        append(
            "response.output_item.added", ["output_index": JSONValue(index), "item": reply.message(isDone: false)])
        let place: JSONObject = [
            "item_id": .string(reply.messageID), "output_index": JSONValue(index), "content_index": 0,
        ]
        append("response.content_part.added", place.with("part", reply.textPart("")))
        for word in SimulatedReply.words(of: reply.answer.text) {
            append("response.output_text.delta", place.with("delta", .string(word)).with("logprobs", []))
        }
        append(
            "response.output_text.done", place.with("text", .string(reply.answer.text)).with("logprobs", []))
        append("response.content_part.done", place.with("part", reply.textPart(reply.answer.text)))
        append(
            "response.output_item.done", ["output_index": JSONValue(index), "item": reply.message(isDone: true)])
    }

    private mutating func write(_ call: ModelAnswer.Call, of reply: ResponsesReply, at index: Int) {
        let item = reply.call(call, isDone: false)
        append("response.output_item.added", ["output_index": JSONValue(index), "item": item])
        let place: JSONObject = ["item_id": item["id"] ?? .null, "output_index": JSONValue(index)]
        for word in SimulatedReply.words(of: call.arguments) {
            append("response.function_call_arguments.delta", place.with("delta", .string(word)))
        }
        append(
            "response.function_call_arguments.done",
            place.with("name", .string(call.name)).with("arguments", .string(call.arguments)))
        append(
            "response.output_item.done",
            ["output_index": JSONValue(index), "item": reply.call(call, isDone: true)])
    }
}

extension JSONObject {
    fileprivate func with(_ key: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[key] = value
        return object
    }
}
