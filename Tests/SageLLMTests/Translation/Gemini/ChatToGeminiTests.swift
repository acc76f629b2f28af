import Testing

@testable import SageLLM

/// What OpenAI's chats and Anthropic's messages become when Gemini is asked.
struct ChatToGeminiTests {
    static func chat(_ name: String, _ fields: String, _ output: String, _ dropped: String...) -> TranslationCase {
        let hi = #""messages":[{"role":"user","content":"hi"}]"#
        let contents = #""contents":[{"role":"user","parts":[{"text":"hi"}]}]"#
        return TranslationCase(
            name, "{\"model\":\"m\",\(hi)\(fields.isEmpty ? "" : ",\(fields)")}",
            "{\(contents)\(output.isEmpty ? "" : ",\(output)")}", dropped: dropped)
    }

    static func messages(_ name: String, _ input: String, _ output: String, _ dropped: String...) -> TranslationCase {
        TranslationCase(
            name, #"{"model":"m","messages":[\#(input)]}"#, #"{"contents":[\#(output)]}"#, dropped: dropped)
    }

    static func tool(_ schema: String) -> String {
        #""tools":[{"type":"function","function":{"name":"f","description":"d","parameters":\#(schema)}}]"#
    }

    static func declaration(_ schema: String) -> String {
        #""tools":[{"functionDeclarations":[{"name":"f","description":"d"\#(schema)}]}]"#
    }

    static let settings: [TranslationCase] = [
        chat("nothing but words", "", ""),
        chat(
            "numbers", #""temperature":0.5,"top_p":0.9,"max_completion_tokens":7,"seed":3,"presence_penalty":1"#,
            #""generationConfig":{"temperature":0.5,"topP":0.9,"maxOutputTokens":7,"presencePenalty":1,"seed":3}"#),
        chat("stop", #""stop":["a","b"]"#, #""generationConfig":{"stopSequences":["a","b"]}"#),
        chat("choices", #""n":2"#, #""generationConfig":{"candidateCount":2}"#),
        chat("user", #""user":"u""#, "", "user"),
        chat(
            "JSON", #""response_format":{"type":"json_object"}"#,
            #""generationConfig":{"responseMimeType":"application/json"}"#),
        chat(
            "a schema that Gemini can say",
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":"string","enum":["x"]}}}}}"#,
            #""generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"object","properties":{"a":{"type":"string","enum":["x"]}}}}"#
        ),
        chat(
            "a schema that Gemini cannot say",
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":["string","null"]}},"additionalProperties":false}}}"#,
            #""generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":["string","null"]}},"additionalProperties":false}}"#
        ),
        chat("effort", #""reasoning_effort":"low""#, #""generationConfig":{"thinkingConfig":{"thinkingBudget":1024}}"#),
        chat(
            "no effort", #""reasoning_effort":"none""#, #""generationConfig":{"thinkingConfig":{"thinkingBudget":0}}"#),
    ]

    static let tools: [TranslationCase] = [
        chat(
            "a tool", tool(#"{"type":"object","properties":{"a":{"type":"string"}}}"#),
            declaration(#","parameters":{"type":"object","properties":{"a":{"type":"string"}}}"#)),
        chat(
            "a tool with more than OpenAPI",
            tool(##"{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string"}}}"##),
            declaration(
                ##","parametersJsonSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string"}}}"##
            )),
        chat(
            "a tool without parameters", tool(#"{"type":"object","properties":{},"additionalProperties":false}"#),
            declaration("")),
        chat(
            "must call", tool(#"{"type":"object","properties":{}}"#) + #","tool_choice":"required""#,
            declaration("") + #","toolConfig":{"functionCallingConfig":{"mode":"ANY"}}"#),
        chat(
            "must call this",
            tool(#"{"type":"object","properties":{}}"#)
                + #","tool_choice":{"type":"function","function":{"name":"f"}}"#,
            declaration("") + #","toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}"#),
        chat(
            "one call at a time", tool(#"{"type":"object","properties":{}}"#) + #","parallel_tool_calls":false"#,
            declaration(""), "parallel_tool_calls"),
    ]

    static let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}"#
    static let conversation: [TranslationCase] = [
        TranslationCase(
            "instructions",
            #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]}"#,
            #"{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#),
        messages("instructions alone", #"{"role":"system","content":"s"}"#, #"{"role":"user","parts":[{"text":"s"}]}"#),
        messages(
            "parallel calls",
            #"{"role":"user","content":"q"},{"role":"assistant","content":"t","tool_calls":[\#(call),{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"c1","content":"{\"r\":2}"},{"role":"tool","tool_call_id":"c2","content":"sun"}"#,
            #"{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"text":"t"},{"functionCall":{"id":"c1","name":"f","args":{"a":1}}},{"functionCall":{"id":"c2","name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"r":2}}},{"functionResponse":{"id":"c2","name":"g","response":{"output":"sun"}}}]}"#
        ),
        messages(
            "arguments that are no JSON",
            #"{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{"}}]},{"role":"tool","tool_call_id":"c1","content":"bad"}"#,
            #"{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{"INVALID_JSON":"{"}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"bad"}}}]}"#
        ),
        messages(
            "an image and its address",
            #"{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"image_url","image_url":{"url":"https://h/a.jpg?x"}}]}"#,
            #"{"role":"user","parts":[{"text":"see"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"fileData":{"mimeType":"image/jpeg","fileUri":"https://h/a.jpg?x"}}]}"#
        ),
        messages(
            "two in a row",
            #"{"role":"user","content":"a"},{"role":"user","content":"b"}"#,
            #"{"role":"user","parts":[{"text":"a"},{"text":"b"}]}"#),
    ]

    @Test(arguments: settings + tools + conversation)
    func chatCompletionBecomesAGenerateContent(_ example: TranslationCase) throws {
        let result = try translate(
            example.input, from: ChatCompletionsTranslation.self, to: GenerateContentTranslation.self)
        #expect(result.json == (try JSONValue(parsing: example.output)))
        #expect(result.dropped == example.dropped)
    }

    @Test(
        arguments: [
            RefusalCase(#""stop":["1","2","3","4","5","6"]"#, "stop", "at most 5"),
            RefusalCase(#""n":9"#, "n", "1 to 8"),
            RefusalCase(#""seed":4294967296"#, "seed", "Gemini takes"),
            RefusalCase(#""reasoning_effort":"much""#, "reasoning_effort", "allowed are"),
        ])
    func whatGeminiCannotSayIsRefused(_ example: RefusalCase) throws {
        var request = try ChatCompletionsTranslation.readRequest(
            JSONValue(parsing: #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#))
        switch example.parameter {
        case "stop": request.stopSequences = (1...6).map(String.init)
        case "n": request.choices = 9
        case "seed": request.seed = 1 << 32
        default: request.reasoning = .effort("much")
        }
        let error = #expect(throws: TranslationError.self) {
            try GenerateContentTranslation.writeRequest(&request)
        }
        #expect(error?.parameter == example.parameter)
        #expect(error?.message.contains(example.text) == true, "\(error?.message ?? "")")
    }

    @Test func aResultWithoutItsCallIsRefused() {
        var request = NeutralRequest.saying(
            NeutralMessage(.user, [.toolResult(NeutralToolResult(callID: "x", parts: []))], position: 2))
        let error = #expect(throws: TranslationError.self) {
            try GenerateContentTranslation.writeRequest(&request)
        }
        #expect(error?.parameter == "messages[2]")
    }

    @Test(arguments: [("gemini-2.5-flash", false), ("gemini-3-pro-preview", true)])
    func aCallThatAnotherModelHasMadeIsSignedForGemini3(_ model: String, _ isSigned: Bool) throws {
        var request = NeutralRequest.saying(
            NeutralMessage(.user, [.text("q")]),
            NeutralMessage(
                .assistant,
                [
                    .thinking("hm", signature: "anthropic's"),
                    .toolCall(NeutralToolCall(id: "a", name: "f", arguments: "{}")),
                    .toolCall(NeutralToolCall(id: "b", name: "f", arguments: "{}")),
                ]))
        request.model = model
        request.reasoning = .effort("medium")
        let json = try GenerateContentTranslation.writeRequest(&request)
        let parts = json["contents"]?[1]?["parts"]
        #expect(parts?.arrayValue?.count == 2)
        #expect(parts?[0]?["thoughtSignature"]?.stringValue == (isSigned ? "skip_thought_signature_validator" : nil))
        #expect(parts?[1]?["thoughtSignature"] == nil)
        #expect(request.dropped == ["thinking"])
        let thinking = json["generationConfig"]?["thinkingConfig"]
        #expect(thinking == (isSigned ? ["thinkingLevel": "medium"] : ["thinkingBudget": 8_192]))
    }

    @Test func messagesBecomeAGenerateContent() throws {
        let result = try translate(
            #"""
            {"model":"m","max_tokens":9,"system":"s","top_k":4,"thinking":{"type":"enabled","budget_tokens":2048},
            "stop_sequences":["x"],"messages":[{"role":"user","content":[{"type":"text","text":"q"}]},
            {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":true,"content":"boom"},
            {"type":"text","text":"go on"}]}]}
            """#, from: MessagesTranslation.self, to: GenerateContentTranslation.self)
        #expect(
            result.json
                == (try JSONValue(
                    parsing: #"""
                        {"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"q"}]},
                        {"role":"model","parts":[{"functionCall":{"id":"t","name":"f","args":{"a":1}}}]},
                        {"role":"user","parts":[{"functionResponse":{"id":"t","name":"f","response":{"error":"boom"}}},
                        {"text":"go on"}]}],"generationConfig":{"topK":4,"maxOutputTokens":9,"stopSequences":["x"],
                        "thinkingConfig":{"thinkingBudget":2048,"includeThoughts":true}}}
                        """#)))
    }
}
