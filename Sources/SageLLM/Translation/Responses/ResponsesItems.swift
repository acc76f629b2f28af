/// The items of a response's output.
enum ResponsesItems {
    static func message(_ id: String, _ content: [JSONValue], status: String = "completed") -> JSONValue {
        [
            "id": .string(id), "type": "message", "status": .string(status), "role": "assistant",
            "content": .array(content),
        ]
    }

    static func reasoning(
        _ id: String, _ text: String?, signature: String?, status: String = "completed"
    ) -> JSONValue {
        var item: JSONObject = ["id": .string(id), "type": "reasoning", "status": .string(status)]
        item["summary"] = .array(text.map { [["type": "summary_text", "text": .string($0)]] } ?? [])
        item.set("encrypted_content", signature)
        return .object(item)
    }

    static func call(
        _ id: String, _ call: NeutralToolCall, status: String = "completed"
    ) -> JSONValue {
        var item: JSONObject = [
            "id": .string(id), "type": "function_call", "status": .string(status), "call_id": .string(call.id),
            "name": .string(call.name), "arguments": .string(call.arguments),
        ]
        item.set(ResponsesSignature.member, call.signature.map(ResponsesSignature.write))
        return .object(item)
    }
}
