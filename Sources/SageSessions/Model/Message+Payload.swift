extension Message: PayloadValue {
    /// The message as JSON in UTF-8, keys sorted.
    public var jsonBytes: [UInt8] {
        var writer = PayloadWriter()
        writer.object { write(to: &$0) }
        return writer.bytes
    }

    /// Reads a message that ``jsonBytes`` wrote.
    ///
    /// - Throws: ``PayloadError``.
    public init(jsonBytes: [UInt8]) throws(PayloadError) {
        self = try Message(payload: try JSONNode(payload: jsonBytes))
    }

    init(payload node: JSONNode) throws(PayloadError) {
        let fields = try PayloadFields(node)
        let parts = try fields.requiredArray("parts", of: MessagePart.self)
        self.init(
            role: try fields.word("role", Role.self), parts: parts, name: try fields.string("name"),
            isInterrupted: try fields.flag("interrupted"))
    }

    func write(to writer: inout PayloadWriter) {
        writer.flag("interrupted", isInterrupted)
        writer.field("name", name)
        writer.field("parts", parts) { $0.write(to: &$1) }
        writer.field("role", role.rawValue)
    }
}

extension MessagePart: PayloadValue {
    init(payload node: JSONNode) throws(PayloadError) {
        let fields = try PayloadFields(node)
        switch try fields.requiredString("type") {
        case "text": self = .text(try fields.requiredString("text"))
        case "image":
            let mediaType = try fields.string("mediaType")
            if let data = try fields.string("data") {
                self = .image(ImagePart(mediaType: mediaType, source: .data(data)))
            } else {
                self = .image(ImagePart(mediaType: mediaType, source: .url(try fields.requiredString("url"))))
            }
        case "thinking":
            self = .thinking(text: try fields.requiredString("text"), signature: try fields.string("signature"))
        case "toolCall": self = .toolCall(try ToolCall(payload: node))
        case "toolResult": self = .toolResult(try ToolResult(payload: node))
        case "raw":
            self = .raw(
                format: try fields.requiredString("format"),
                json: JSONText(fields.node["json"] ?? .null))
        default:
            // A part of a later version: the entry keeps its bytes, and no provider is shown what nobody understands.
            self = .raw(format: "sage", json: JSONText(node))
        }
    }

    func write(to writer: inout PayloadWriter) {
        switch self {
        case .text(let text):
            writer.field("text", text)
            writer.field("type", "text")
        case .image(let image):
            if case .data(let data) = image.source { writer.field("data", data) }
            writer.field("mediaType", image.mediaType)
            writer.field("type", "image")
            if case .url(let url) = image.source { writer.field("url", url) }
        case .thinking(let text, let signature):
            writer.field("signature", signature)
            writer.field("text", text)
            writer.field("type", "thinking")
        case .toolCall(let call): call.write(to: &writer, type: "toolCall")
        case .toolResult(let result): result.write(to: &writer, type: "toolResult")
        case .raw(let format, let json):
            writer.field("format", format)
            writer.field("json", json)
            writer.field("type", "raw")
        }
    }
}

extension ToolCall: PayloadValue {
    init(payload node: JSONNode) throws(PayloadError) {
        let fields = try PayloadFields(node)
        self.init(
            id: try fields.requiredString("id"), name: try fields.requiredString("name"),
            arguments: try fields.requiredString("arguments"))
    }

    func write(to writer: inout PayloadWriter, type: String? = nil) {
        writer.field("arguments", arguments)
        writer.field("id", id)
        writer.field("name", name)
        writer.field("type", type)
    }
}

extension ToolResult: PayloadValue {
    init(payload node: JSONNode) throws(PayloadError) {
        let fields = try PayloadFields(node)
        self.init(
            callID: try fields.requiredString("callID"), text: try fields.requiredString("text"),
            isError: try fields.flag("isError"))
    }

    func write(to writer: inout PayloadWriter, type: String? = nil) {
        writer.field("callID", callID)
        writer.flag("isError", isError)
        writer.field("text", text)
        writer.field("type", type)
    }
}

extension Usage: PayloadValue {
    init(payload node: JSONNode) throws(PayloadError) {
        let fields = try PayloadFields(node)
        self.init(
            inputTokens: try fields.integer("inputTokens"), outputTokens: try fields.integer("outputTokens"),
            cachedInputTokens: try fields.integer("cachedInputTokens"))
    }

    func write(to writer: inout PayloadWriter) {
        writer.field("cachedInputTokens", cachedInputTokens)
        writer.field("inputTokens", inputTokens)
        writer.field("outputTokens", outputTokens)
    }
}

extension JSONNode {
    /// Reads a stored payload: deeper than what comes in may be, since it wraps that.
    init(payload bytes: [UInt8]) throws(PayloadError) {
        do throws(JSONTextError) {
            self = try JSONNode(parsing: bytes, limits: JSONLimits(maximumBytes: .max, maximumDepth: 512))
        } catch {
            throw PayloadError(field: "", found: "no JSON (\(error))", allowed: "an object in UTF-8")
        }
    }
}
