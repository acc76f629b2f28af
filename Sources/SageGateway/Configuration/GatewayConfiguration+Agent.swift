package import SageLLM

extension GatewayConfiguration {
    /// How `/chat` answers.
    package struct Agent: Sendable, Hashable {
        /// The model where a request names none; nil takes the only one that is configured.
        package var model: String?
        /// What a model is told before the conversation.
        package var system: String?
        /// How often a model may ask for tools in one turn.
        package var maxToolRounds = 8
        /// The tokens of a conversation, at a guess, that are sent to a model; older turns are left out.
        package var historyTokens = 32_000
        /// The most messages of a conversation that are sent to a model.
        package var historyMessages = 200
        /// The limit of time for a whole turn, with its tools.
        package var turnTimeout: Duration = .seconds(600)
        /// Whether models may search and write memory by themselves.
        package var memoryTools = false
        /// What models may call.
        package var tools: [Tool] = []

        /// Creates the defaults.
        package init() {}

        /// Something that a model may call: a service that takes the arguments as JSON by `POST`.
        package struct Tool: Sendable, Hashable {
            /// The name that models call it by.
            package var name: String
            /// What models are told about it.
            package var description = ""
            /// The JSON Schema of the arguments.
            package var parameters: JSONValue = Self.noParameters
            /// Where the arguments are sent.
            package var url: BaseURL?
            /// Headers that are added to every call, with names in lower case.
            package var headers: [String: Secret] = [:]
            /// The limit of time for one call.
            package var timeout: Duration = .seconds(30)
            /// Whether a call whose outcome is unknown may be made again.
            package var repeatable = false

            static let noParameters: JSONValue = ["type": "object", "properties": [:]]
        }

        /// The names of the tools of memory.
        static let memoryToolNames = ["memory_search", "memory_save"]
        /// The most tools.
        static let maximumTools = 128
    }
}

extension GatewayConfiguration.Agent {
    static let fields = FieldTable(
        [
            Field("model", optional: \.model, .text),
            Field("system", optional: \.system, .prompt),
            Field("maxToolRounds", \.maxToolRounds, .integer(0...100)),
            Field("historyTokens", \.historyTokens, .integer(100...10_000_000)),
            Field("historyMessages", \.historyMessages, .integer(1...10_000)),
            Field("turnTimeout", \.turnTimeout, .duration(.seconds(1) ... .seconds(86_400))),
            Field("memoryTools", \.memoryTools, .flag),
            Field("tools", \.tools, .list(Tool.fields.format)),
        ],
        initial: { GatewayConfiguration.Agent() })
}

extension GatewayConfiguration.Agent.Tool {
    static let fields = FieldTable(
        [
            Field("name", \.name, .toolName, isRequired: true),
            Field("description", \.description, .prompt),
            Field("parameters", \.parameters, .jsonSchema),
            Field("url", optional: \.url, .baseURL),
            Field("headers", \.headers, .headers),
            Field("timeout", \.timeout, .duration(.milliseconds(10) ... .seconds(3600))),
            Field("repeatable", \.repeatable, .flag),
        ],
        initial: { GatewayConfiguration.Agent.Tool(name: "") })
}

extension FieldFormat<String> {
    /// A text for a model, of any number of lines.
    fileprivate static var prompt: Self {
        .scalar(allowed: "text of at most 65536 bytes", render: { .text($0) }) { text in
            text.utf8.count <= 65_536 ? text : nil
        }
    }

    /// The name of a tool, as all protocols allow it.
    fileprivate static var toolName: Self {
        .scalar(
            allowed: "1 to 64 of the characters A-Z a-z 0-9 _ -", spellings: [.pattern("[A-Za-z0-9_-]{1,64}")],
            render: { .text($0) }
        ) { text in
            GatewayConfiguration.ClientKey.isName(text) && !text.contains(".") ? text : nil
        }
    }
}

extension GatewayConfiguration {
    /// Checks what the agent and memory refer to.
    func checkAgent(_ reader: inout ConfigurationReader) {
        let path = FieldPath.root.key("agent")
        if let model = agent.model { checkModelName(model, at: path.key("model"), &reader) }
        if let embeddings = memory.embeddings {
            let embeddingsPath = FieldPath.root.key("memory").key("embeddings")
            if !reader.isRefused(within: embeddingsPath) {
                checkModelName(embeddings.model, at: embeddingsPath.key("model"), &reader)
            }
        }
        let toolsPath = path.key("tools")
        if agent.tools.count > Agent.maximumTools {
            reader.report(toolsPath, "has \(agent.tools.count) tools; allowed are at most \(Agent.maximumTools)")
        }
        var names: Set<String> = []
        for (index, tool) in agent.tools.enumerated() {
            let toolPath = toolsPath.index(index)
            if !tool.name.isEmpty, !names.insert(tool.name).inserted {
                reader.report(
                    toolPath.key("name"), "is \(Printable.value(tool.name)), the name of another tool already")
            }
            if Agent.memoryToolNames.contains(tool.name) {
                reader.report(
                    toolPath.key("name"), "is \(tool.name), a tool of Sage's own; set agent.memoryTools to offer it")
            }
            if tool.url == nil {
                reader.report(toolPath.key("url"), or: toolPath, "is missing; allowed is \(BaseURL.allowed)")
            }
        }
    }

    /// Whether requests for a model of this name have somewhere to go.
    private func checkModelName(_ name: String, at path: FieldPath, _ reader: inout ConfigurationReader) {
        if models[name] != nil { return }
        if let slash = name.firstIndex(of: "/"), providers[String(name[..<slash])] != nil { return }
        let names = models.keys.sorted()
        let hint = Spelling.nearest(to: name, among: names).map { "; did you mean \(Printable.value($0))?" } ?? ""
        reader.report(
            path,
            "is \(Printable.value(name)), but there is no such model; allowed is a name of `models`, "
                + "or provider/model\(hint)")
    }
}
