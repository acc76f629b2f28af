/// A part of what somebody says.
package enum NeutralPart: Sendable, Hashable {
    case text(String)
    case image(NeutralMedia)
    /// A document, for example a PDF.
    case document(NeutralMedia, name: String?)
    case audio(NeutralMedia)
    /// The model calls a tool.
    case toolCall(NeutralToolCall)
    /// What a tool has answered.
    case toolResult(NeutralToolResult)
    /// What the model thought, with the provider's signature where it has one.
    case thinking(String, signature: String?)
    /// What the model thought, unreadable to all but its provider.
    case redactedThinking(String)
    /// Why the model does not answer.
    case refusal(String)
}

/// Something that is no text.
package enum NeutralMedia: Sendable, Hashable {
    /// The content itself in base64, with its media type, for example `image/png`.
    case base64(String, mediaType: String)
    /// Where the content is.
    case url(String, mediaType: String?)
}

/// A call of a tool by the model.
package struct NeutralToolCall: Sendable, Hashable {
    /// What joins the call to its result; made up where the provider has none.
    package var id: String
    package var name: String
    /// The arguments as the text of a JSON object; may be invalid, since models write it.
    package var arguments: String
    /// What the provider wants back with the call (Gemini's thought signature).
    package var signature: String?

    package init(id: String, name: String, arguments: String, signature: String? = nil) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.signature = signature
    }
}

/// What a tool has answered.
package struct NeutralToolResult: Sendable, Hashable {
    /// The id of the call.
    package var callID: String
    /// The name of the tool, where the request tells it; encoders that need one look it up in the calls before.
    package var name: String?
    /// Text and media.
    package var parts: [NeutralPart]
    package var isError: Bool

    package init(callID: String, name: String? = nil, parts: [NeutralPart], isError: Bool = false) {
        self.callID = callID
        self.name = name
        self.parts = parts
        self.isError = isError
    }
}
