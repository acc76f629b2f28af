/// The body of `POST /v1/chat/completions`.
///
/// Fields that only a model gives a meaning to stay in `additionalFields` and are sent on.
public struct ChatCompletionRequest: JSONRepresentable {
    /// The model that is asked.
    public var model: String
    /// The conversation so far.
    public var messages: [ChatMessage]
    /// The tools that the model may call.
    public var tools: [Tool]?
    /// Whether and which tool the model calls: a string or an object.
    public var toolChoice: JSONValue?
    /// Whether the model may call several tools at once.
    public var parallelToolCalls: Bool?
    /// The form of the answer, for example a JSON schema.
    public var responseFormat: JSONValue?
    /// The sampling temperature, 0 to 2.
    public var temperature: Double?
    /// The probability mass that is sampled from, 0 to 1.
    public var topP: Double?
    /// How many tokens the answer may have, reasoning included.
    public var maxCompletionTokens: Int?
    /// The older name of `maxCompletionTokens`, which many services still want.
    public var maxTokens: Int?
    /// How many choices to generate; a service takes 1 by default.
    public var n: Int?
    /// The seed of the sampling.
    public var seed: Int?
    /// Where generation stops: a string or an array of strings.
    public var stop: JSONValue?
    /// Whether the answer is streamed.
    public var stream: Bool?
    /// Options of a stream, for example `{"include_usage": true}`.
    public var streamOptions: JSONValue?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        model: String,
        messages: [ChatMessage],
        tools: [Tool]? = nil,
        toolChoice: JSONValue? = nil,
        parallelToolCalls: Bool? = nil,
        responseFormat: JSONValue? = nil,
        temperature: Double? = nil,
        topP: Double? = nil,
        maxCompletionTokens: Int? = nil,
        maxTokens: Int? = nil,
        n: Int? = nil,
        seed: Int? = nil,
        stop: JSONValue? = nil,
        stream: Bool? = nil,
        streamOptions: JSONValue? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.model = model
        self.messages = messages
        self.tools = tools
        self.toolChoice = toolChoice
        self.parallelToolCalls = parallelToolCalls
        self.responseFormat = responseFormat
        self.temperature = temperature
        self.topP = topP
        self.maxCompletionTokens = maxCompletionTokens
        self.maxTokens = maxTokens
        self.n = n
        self.seed = seed
        self.stop = stop
        self.stream = stream
        self.streamOptions = streamOptions
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        model = try fields.required(fields.string("model"), "model", "a string")
        messages = try fields.required(fields.array("messages"), "messages", "an array")
        tools = try fields.array("tools")
        toolChoice = fields.value("tool_choice")
        parallelToolCalls = try fields.bool("parallel_tool_calls")
        responseFormat = fields.value("response_format")
        temperature = try fields.double("temperature")
        topP = try fields.double("top_p")
        maxCompletionTokens = try fields.int("max_completion_tokens")
        maxTokens = try fields.int("max_tokens")
        n = try fields.int("n")
        seed = try fields.int("seed")
        stop = fields.value("stop")
        stream = try fields.bool("stream")
        streamOptions = fields.value("stream_options")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("model", model)
        members.set("messages", messages)
        members.set("tools", tools)
        members.set("tool_choice", toolChoice)
        members.set("parallel_tool_calls", parallelToolCalls)
        members.set("response_format", responseFormat)
        members.set("temperature", temperature)
        members.set("top_p", topP)
        members.set("max_completion_tokens", maxCompletionTokens)
        members.set("max_tokens", maxTokens)
        members.set("n", n)
        members.set("seed", seed)
        members.set("stop", stop)
        members.set("stream", stream)
        members.set("stream_options", streamOptions)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
