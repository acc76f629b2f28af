/// A request for a chat answer in no provider's words: what every format is read into and written from.
///
/// Used only where a client's format differs from its provider's; everything here has been said by the client.
package struct NeutralRequest: Sendable, Hashable {
    /// The model that is asked, as its reader names it.
    package var model: String
    /// The instructions that stand above the conversation, in their order.
    package var system: [NeutralPart] = []
    /// The conversation; two messages of one role may follow each other.
    package var messages: [NeutralMessage] = []
    /// The tools that the model may call.
    package var tools: [NeutralTool] = []
    /// Whether and which tool the model must call; nil leaves it to the provider's default.
    package var toolChoice: NeutralToolChoice?
    /// Whether the model may call several tools at once; nil is the provider's default.
    package var allowsParallelToolCalls: Bool?
    /// The form that the answer must have.
    package var responseFormat: NeutralResponseFormat?
    /// How much the model may think; nil is the provider's default.
    package var reasoning: NeutralReasoning?
    /// Whether the client wants to see what the model thinks; nil is the provider's default.
    package var includesThoughts: Bool?
    /// The most tokens of the answer, thinking included.
    package var maxTokens: Int?
    package var temperature: Double?
    package var topP: Double?
    package var topK: Int?
    package var frequencyPenalty: Double?
    package var presencePenalty: Double?
    package var seed: Int?
    /// Texts at which the answer ends.
    package var stopSequences: [String] = []
    /// How many answers to generate.
    package var choices = 1
    /// What identifies the end user to the provider.
    package var user: String?
    /// Whether the answer is asked for as a stream.
    package var isStream = false
    /// Whether a stream is to report token counts; formats that always do so set it.
    package var includesUsage = false
    /// What an answer repeats of its request, in the client's words (Responses).
    package var echo = JSONObject()
    /// What the reader of the request has left out by a documented rule, by the names of the fields.
    package var dropped: [String] = []

    package init(model: String) {
        self.model = model
    }
}

/// What one participant says in a row.
package struct NeutralMessage: Sendable, Hashable {
    /// Who speaks; the results of tools are said by the user.
    package enum Role: Sendable, Hashable {
        case user, assistant
    }

    package var role: Role
    package var parts: [NeutralPart]
    /// Where the message stands in the client's list, for errors; nil if the format has another.
    package var position: Int?

    package init(_ role: Role, _ parts: [NeutralPart], position: Int? = nil) {
        self.role = role
        self.parts = parts
        self.position = position
    }

    /// The field of the client's request that the message was, for errors.
    package var path: String { position.map { "messages[\($0)]" } ?? "messages" }
}

/// A function that the model may call.
package struct NeutralTool: Sendable, Hashable {
    package var name: String
    package var description: String?
    /// The JSON schema of the arguments; nil for a function without any.
    package var parameters: JSONValue?
    /// Whether the arguments must follow the schema strictly; nil is the provider's default.
    package var isStrict: Bool?

    package init(name: String, description: String? = nil, parameters: JSONValue? = nil, isStrict: Bool? = nil) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.isStrict = isStrict
    }
}

/// Whether and which tool the model must call.
package enum NeutralToolChoice: Sendable, Hashable {
    case auto
    case none
    /// Some tool.
    case required
    /// This tool.
    case tool(String)
}

/// The form that an answer must have.
package enum NeutralResponseFormat: Sendable, Hashable {
    case text
    /// Any JSON object.
    case jsonObject
    /// JSON by a schema.
    case jsonSchema(name: String?, schema: JSONValue, isStrict: Bool?)
}

/// How much a model may think before it answers.
package enum NeutralReasoning: Sendable, Hashable {
    /// Not at all.
    case disabled
    /// By a word such as `low`, `medium` or `high`.
    case effort(String)
    /// As many tokens at most.
    case budget(Int)
    /// As much as the model chooses.
    case adaptive
}
