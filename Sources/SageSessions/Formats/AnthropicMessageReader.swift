/// Reads messages of Anthropic's Messages.
enum AnthropicMessageReader {
    static func read(_ node: JSONNode) throws(PayloadError) -> Message {
        let fields = try PayloadFields(node)
        let word = try fields.requiredString("role")
        guard var role = Role(rawValue: word), role != .tool else {
            throw PayloadError(field: "role", found: "'\(word)'", allowed: "user or assistant")
        }
        var parts: [MessagePart]
        do throws(PayloadError) {
            parts = try self.parts(try fields.required("content", "a string or an array of blocks"))
        } catch {
            throw error.field == "content" ? error : error.nested(in: "content")
        }
        let onlyResults = parts.allSatisfy { part in
            switch part {
            case .toolResult, .image: true
            default: false
            }
        }
        if role == .user, onlyResults, parts.contains(where: { if case .toolResult = $0 { true } else { false } }) {
            role = .tool
        }
        return Message(role: role, parts: parts)
    }

    static func parts(_ content: JSONNode) throws(PayloadError) -> [MessagePart] {
        if let text = content.stringValue { return text.isEmpty ? [] : [.text(text)] }
        guard let blocks = content.arrayValue else {
            throw PayloadError(field: "", found: content.kind, allowed: "a string or an array of blocks")
        }
        var parts: [MessagePart] = []
        for (index, block) in blocks.enumerated() {
            do throws(PayloadError) {
                parts += try self.block(block)
            } catch {
                throw error.nested(in: "[\(index)]")
            }
        }
        return parts
    }

    private static func block(_ node: JSONNode) throws(PayloadError) -> [MessagePart] {
        let fields = try PayloadFields(node)
        switch try fields.requiredString("type") {
        case "text": return [.text(try fields.requiredString("text"))]
        case "thinking":
            return [.thinking(text: try fields.string("thinking") ?? "", signature: try fields.string("signature"))]
        case "tool_use":
            let input = fields.node["input"] ?? .object([])
            return [
                .toolCall(
                    ToolCall(
                        id: try fields.requiredString("id"), name: try fields.requiredString("name"),
                        arguments: input.stringValue ?? input.description))
            ]
        case "tool_result": return try result(fields)
        case "image": return [image(fields) ?? .raw(format: "anthropic", json: JSONText(node))]
        default: return [.raw(format: "anthropic", json: JSONText(node))]
        }
    }

    private static func result(_ fields: PayloadFields) throws(PayloadError) -> [MessagePart] {
        var text = ""
        var pictures: [MessagePart] = []
        if let content = fields.value("content") {
            do throws(PayloadError) {
                for part in try parts(content) {
                    switch part {
                    case .text(let piece): text += (text.isEmpty ? "" : "\n") + piece
                    case .image: pictures.append(part)
                    // Other blocks stay in the envelope of the message.
                    case .raw, .thinking, .toolCall, .toolResult: break
                    }
                }
            } catch {
                throw error.nested(in: "content")
            }
        }
        let result = ToolResult(
            callID: try fields.requiredString("tool_use_id"), text: text, isError: try fields.flag("is_error"))
        return [.toolResult(result)] + pictures
    }

    private static func image(_ fields: PayloadFields) -> MessagePart? {
        guard let source = fields.value("source") else { return nil }
        switch source["type"]?.stringValue {
        case "base64":
            guard let data = source["data"]?.stringValue, let type = source["media_type"]?.stringValue else {
                return nil
            }
            return .image(ImagePart(mediaType: type, source: .data(data)))
        case "url": return source["url"]?.stringValue.map { .image(ImagePart(source: .url($0))) }
        default: return nil
        }
    }
}
