/// Reads messages of Chat Completions one after the other; calls without ids are paired with results in their order.
struct OpenAIMessageReader {
    private var count = 0
    private var unnamed: [String] = []

    mutating func read(
        _ node: JSONNode, field: String, report: inout ImportReport
    ) throws(PayloadError) -> Message {
        let fields = try PayloadFields(node)
        let role = try fields.requiredString("role")
        let name = try fields.string("name")
        switch role {
        case "system", "developer":
            return Message(role: .system, parts: try parts(fields), name: name)
        case "user": return Message(role: .user, parts: try parts(fields), name: name)
        case "assistant":
            var message = Message(role: .assistant, parts: [], name: name)
            if let reasoning = try? fields.string("reasoning_content"), !reasoning.isEmpty {
                message.parts.append(.thinking(text: reasoning, signature: nil))
            }
            message.parts += try parts(fields)
            if let refusal = try fields.string("refusal") {
                message.parts.append(
                    .raw(
                        format: "openai",
                        json: JSONText(
                            .object([
                                JSONField("type", .string("refusal")), JSONField("refusal", .string(refusal)),
                            ]))))
            }
            message.parts += try calls(fields, field: field, report: &report)
            return message
        case "tool", "function":
            var id = try fields.string("tool_call_id") ?? ""
            if role == "function" { report.add(.legacyFunction, at: field) }
            if id.isEmpty {
                report.add(.missingCallID, at: field)
                id = unnamed.isEmpty ? nextID() : unnamed.removeFirst()
            }
            return Message(
                role: .tool, parts: [.toolResult(ToolResult(callID: id, text: try text(fields)))], name: name)
        default:
            throw PayloadError(
                field: "role", found: "'\(role)'",
                allowed: "one of developer, system, user, assistant, tool, function")
        }
    }

    private mutating func nextID() -> String {
        count += 1
        return "call-\(count)"
    }

    private func text(_ fields: PayloadFields) throws(PayloadError) -> String {
        try parts(fields).reduce(into: "") { text, part in if case .text(let piece) = part { text += piece } }
    }

    private func parts(_ fields: PayloadFields) throws(PayloadError) -> [MessagePart] {
        guard let content = fields.value("content") else { return [] }
        if let text = content.stringValue { return text.isEmpty ? [] : [.text(text)] }
        guard let elements = content.arrayValue else {
            throw PayloadError(field: "content", found: content.kind, allowed: "a string, null or an array of parts")
        }
        var parts: [MessagePart] = []
        for (index, element) in elements.enumerated() {
            do throws(PayloadError) {
                parts.append(try part(element))
            } catch {
                throw error.nested(in: "content[\(index)]")
            }
        }
        return parts
    }

    private func part(_ node: JSONNode) throws(PayloadError) -> MessagePart {
        if let text = node.stringValue { return .text(text) }
        let fields = try PayloadFields(node)
        switch try fields.requiredString("type") {
        case "text": return .text(try fields.requiredString("text"))
        case "image_url":
            let value = try fields.required("image_url", "an object with url")
            guard let url = value.stringValue ?? value["url"]?.stringValue else {
                throw PayloadError(
                    field: "image_url.url", found: value["url"]?.kind ?? "missing", allowed: "a string")
            }
            return .image(ImagePart(url: url))
        default: return .raw(format: "openai", json: JSONText(node))
        }
    }

    private mutating func calls(
        _ fields: PayloadFields, field: String, report: inout ImportReport
    ) throws(PayloadError) -> [MessagePart] {
        var parts: [MessagePart] = []
        if let value = fields.value("function_call") {
            report.add(.legacyFunction, at: field)
            let id = nextID()
            unnamed.append(id)
            do throws(PayloadError) {
                parts.append(.toolCall(try function(value, id: id)))
            } catch {
                throw error.nested(in: "function_call")
            }
        }
        guard let value = fields.value("tool_calls") else { return parts }
        guard let elements = value.arrayValue else {
            throw PayloadError(field: "tool_calls", found: value.kind, allowed: "an array of calls")
        }
        for (index, element) in elements.enumerated() {
            do throws(PayloadError) {
                let call = try PayloadFields(element)
                var id = try call.string("id") ?? ""
                if id.isEmpty {
                    report.add(.missingCallID, at: "\(field).tool_calls[\(index)]")
                    id = nextID()
                    unnamed.append(id)
                }
                parts.append(.toolCall(try function(call.value("function") ?? call.value("custom") ?? .null, id: id)))
            } catch {
                throw error.nested(in: "tool_calls[\(index)]")
            }
        }
        return parts
    }

    private func function(_ node: JSONNode, id: String) throws(PayloadError) -> ToolCall {
        let fields = try PayloadFields(node, "function")
        let name = try fields.string("name") ?? ""
        switch fields.value("arguments") ?? fields.value("input") {
        case nil: return ToolCall(id: id, name: name, arguments: "")
        case .string(let text): return ToolCall(id: id, name: name, arguments: text)
        case .some(let value): return ToolCall(id: id, name: name, arguments: value.description)
        }
    }
}

extension ImagePart {
    /// A picture at an address, which may hold it: `data:image/png;base64,...`.
    init(url: String) {
        if url.hasPrefix("data:"), let comma = url.firstIndex(of: ",") {
            let head = url[url.index(url.startIndex, offsetBy: 5)..<comma]
            if head.hasSuffix(";base64"), !head.dropLast(7).isEmpty {
                self.init(
                    mediaType: String(head.dropLast(7)), source: .data(String(url[url.index(after: comma)...])))
                return
            }
        }
        self.init(source: .url(url))
    }

    /// The picture as an address.
    var url: String {
        switch source {
        case .data(let data): "data:\(mediaType ?? "application/octet-stream");base64,\(data)"
        case .url(let url): url
        }
    }
}
