import SageLLM

extension Conversation {
    /// Reads the body of `generateContent`; each name may be spelled in camel or in snake case.
    ///
    /// - Throws: `JSONFieldError`, and ``RequestMistake`` where the contents do not fit together.
    init(gemini fields: RequestFields) throws {
        if let system = try fields.object(fields.spelling("systemInstruction")) {
            count(message: try Self.text(of: system))
        }
        let contents = try fields.required(fields.objects("contents"), "contents", "an array")
        guard !contents.isEmpty else {
            throw RequestMistake("* GenerateContentRequest.contents: contents is not specified")
        }
        var open = 0
        for content in contents { try read(content, open: &open) }
        if open > 0 { throw Self.unanswered }
        for tool in try fields.objects("tools") ?? [] {
            for function in try tool.objects(tool.spelling("functionDeclarations")) ?? [] {
                tools.append(try function.required(function.string("name"), "name", "a string"))
                tokens += SimulatedReply.estimatedTokens(function.value("parameters")?.description ?? "")
            }
        }
        if let choice = try fields.object(fields.spelling("toolConfig")),
            let calling = try choice.object(choice.spelling("functionCallingConfig")),
            try calling.string("mode") == "ANY"
        {
            let names = calling.value(calling.spelling("allowedFunctionNames"))
            demand = names?[0]?.stringValue.map(Demand.named) ?? .any
        }
    }

    /// Reads a content.
    ///
    /// - Parameter open: How many calls the content before has made, which this one has to answer.
    private mutating func read(_ content: RequestFields, open: inout Int) throws {
        let role = try content.string("role") ?? "user"
        guard ["user", "model", "function"].contains(role) else {
            throw RequestMistake("Please use a valid role: user, model.")
        }
        let parts = try content.required(content.objects("parts"), "parts", "an array")
        guard !parts.isEmpty else { throw RequestMistake("\(content.place).parts must not be empty.") }
        var calls = 0
        var results = 0
        for part in parts {
            if let call = try part.object(part.spelling("functionCall")) {
                _ = try call.required(call.string("name"), "name", "a string")
                calls += 1
            }
            if let result = try part.object(part.spelling("functionResponse")) {
                _ = try result.required(result.string("name"), "name", "a string")
                _ = try result.required(result.object("response"), "response", "an object")
                results += 1
            }
        }
        guard results == open else { throw Self.unanswered }
        open = calls
        lastText = try Self.text(of: content)
        isUsersTurn = role == "user" && results == 0
        count(message: lastText)
    }

    private static let unanswered = RequestMistake(
        "Please ensure that the number of function response parts is equal to the number of function call parts of "
            + "the function call turn.")

    /// The text of a content; of a function's response that of its JSON.
    static func text(of content: RequestFields) throws(JSONFieldError) -> String {
        var text = ""
        for part in try content.objects("parts") ?? [] {
            text += try part.string("text") ?? ""
            text += part.value(part.spelling("functionResponse"))?["response"]?.description ?? ""
        }
        return text
    }
}

extension RequestFields {
    /// The spelling of a name that the request uses: the given one, or the one with underscores.
    fileprivate func spelling(_ name: String) -> String {
        keys.first { $0.camelCased == name } ?? name
    }
}
