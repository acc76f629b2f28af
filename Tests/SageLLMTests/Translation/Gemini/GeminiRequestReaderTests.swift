import Testing

@testable import SageLLM

struct GeminiRequestReaderTests {
    static func read(_ text: String) throws -> NeutralRequest {
        try GenerateContentTranslation.readRequest(JSONValue(parsing: text))
    }

    static let hi = #""contents":[{"parts":[{"text":"hi"}]}]"#

    @Test func aWholeRequestIsRead() throws {
        let request = try Self.read(
            #"""
            {"system_instruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"q"},
            {"inline_data":{"mime_type":"image/png","data":"AA=="}},{"fileData":{"fileUri":"https://h/d.pdf"}}]}],
            "tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":
            {"a":{"type":"STRING","nullable":true},"b":{"type":"ARRAY","items":{"type":"INTEGER"},"minItems":"1"}}}},
            {"name":"g","parametersJsonSchema":{"type":"object"}}]}],
            "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f","x"]}},
            "generationConfig":{"temperature":1,"topP":0.5,"topK":40.0,"maxOutputTokens":"9","stopSequences":["z"],
            "candidateCount":2,"seed":5,"presencePenalty":0.1,"frequencyPenalty":0.2,
            "responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}},
            "thinkingConfig":{"thinkingBudget":100,"includeThoughts":true},"mediaResolution":"LOW"},
            "safetySettings":[{"category":"X"}],"labels":null}
            """#)
        #expect(request.system == [.text("s")])
        #expect(
            request.messages == [
                NeutralMessage(
                    .user,
                    [
                        .text("q"), .image(.base64("AA==", mediaType: "image/png")),
                        .document(.url("https://h/d.pdf", mediaType: nil), name: nil),
                    ])
            ])
        #expect(
            request.tools == [
                NeutralTool(
                    name: "f", description: "d",
                    parameters: [
                        "type": "object",
                        "properties": [
                            "a": ["type": ["string", "null"]],
                            "b": ["type": "array", "items": ["type": "integer"], "minItems": 1],
                        ],
                    ])
            ])
        #expect(request.toolChoice == .tool("f") || request.toolChoice == .required)
        #expect(request.temperature == 1 && request.topP == 0.5 && request.topK == 40 && request.maxTokens == 9)
        #expect(request.stopSequences == ["z"] && request.choices == 2 && request.seed == 5)
        #expect(request.presencePenalty == 0.1 && request.frequencyPenalty == 0.2)
        #expect(
            request.responseFormat
                == .jsonSchema(
                    name: nil, schema: ["type": "object", "properties": ["a": ["type": "string"]]], isStrict: nil))
        #expect(request.reasoning == .budget(100) && request.includesThoughts == true)
        #expect(request.dropped == ["generationConfig.mediaResolution", "safetySettings"])
    }

    @Test func resultsFindTheirCalls() throws {
        let request = try Self.read(
            #"""
            {"contents":[{"role":"user","parts":[{"text":"q"}]},
            {"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"AAAA"},
            {"functionCall":{"name":"f","args":{"n":1}},"thoughtSignature":"BBBB"},
            {"functionCall":{"name":"g"}},{"functionCall":{"name":"f","args":{"n":2}}},
            {"functionCall":{"id":"own","name":"f"}}]},
            {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"one"}}},
            {"functionResponse":{"id":"own","name":"f","response":{"error":"no"}}},
            {"functionResponse":{"name":"f","response":{"x":1,"y":2}}},
            {"functionResponse":{"name":"g","response":{"result":{"z":3}}}}]}]}
            """#)
        let calls = request.messages[1].parts.compactMap { part -> NeutralToolCall? in
            if case .toolCall(let call) = part { call } else { nil }
        }
        #expect(calls.map(\.arguments) == [#"{"n":1}"#, "{}", #"{"n":2}"#, "{}"])
        #expect(Set(calls.map(\.id)).count == 4)
        #expect(calls[0].signature == "gemini:BBBB")
        #expect(request.messages[1].parts[0] == .thinking("hm", signature: "gemini:AAAA"))
        let results = request.messages[2].parts.compactMap { part -> NeutralToolResult? in
            if case .toolResult(let result) = part { result } else { nil }
        }
        #expect(results.map(\.callID) == [calls[0].id, "own", calls[2].id, calls[1].id])
        #expect(results.map(\.isError) == [false, true, false, false])
        #expect(
            results.map(\.parts) == [
                [.text("one")], [.text("no")], [.text(#"{"x":1,"y":2}"#)], [.text(#"{"z":3}"#)],
            ])
    }

    @Test(
        arguments: [
            RefusalCase("[]", nil, "an object"), RefusalCase("{}", "contents", "missing"),
            RefusalCase(#"{"contents":7}"#, "contents", "an array"),
            RefusalCase(#"{"contents":[7]}"#, "contents[0]", "an object"),
            RefusalCase(#"{"contents":[{"role":"x","parts":[]}]}"#, "contents[0].role", "user, model"),
            RefusalCase(#"{"contents":[{"parts":[{"text":7}]}]}"#, "contents[0].parts[0].text", "a string"),
            RefusalCase(
                #"{"contents":[{"parts":[{"executableCode":{}}]}]}"#, "contents[0].parts[0].executableCode", "own"),
            RefusalCase(
                #"{"contents":[{"parts":[{"inlineData":{"mimeType":"video/mp4","data":""}}]}]}"#,
                "contents[0].parts[0]", "video"),
            RefusalCase(
                #"{"contents":[{"parts":[{"functionResponse":{"name":"f"}}]}]}"#,
                "contents[0].parts[0].functionResponse.name", "without a response"),
            RefusalCase(
                #"{"contents":[{"parts":[{"functionCall":{"args":{}}}]}]}"#, "contents[0].parts[0].functionCall.name",
                "missing"),
            RefusalCase("{\(hi),\"cachedContent\":\"c\"}", "cachedContent", "send the content"),
            RefusalCase("{\(hi),\"tools\":[{\"googleSearch\":{}}]}", "tools[0].googleSearch", "only Gemini"),
            RefusalCase(
                "{\(hi),\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"X\"}}}",
                "toolConfig.functionCallingConfig.mode", "AUTO"),
            RefusalCase(
                "{\(hi),\"generationConfig\":{\"candidateCount\":9}}", "generationConfig.candidateCount", "1 to 8"),
            RefusalCase(
                "{\(hi),\"generationConfig\":{\"responseModalities\":[\"IMAGE\"]}}",
                "generationConfig.responseModalities", "TEXT"),
            RefusalCase(
                "{\(hi),\"generationConfig\":{\"responseMimeType\":\"text/x.enum\"}}",
                "generationConfig.responseMimeType", "application/json"),
            RefusalCase(
                "{\(hi),\"generationConfig\":{\"responseFormat\":{}}}", "generationConfig.responseFormat",
                "responseJsonSchema"),
            RefusalCase(
                "{\(hi),\"generationConfig\":{\"temperature\":\"hot\"}}", "generationConfig.temperature", "a number"),
            RefusalCase(
                "{\(hi),\"generationConfig\":{\"stopSequences\":[1]}}", "generationConfig.stopSequences[0]", "a string"),
        ])
    func whatCannotBeCarriedOverIsRefused(_ example: RefusalCase) {
        let error = #expect(throws: TranslationError.self) { try Self.read(example.input) }
        #expect(error?.parameter == example.parameter)
        #expect(error?.message.contains(example.text) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("{\"thinkingBudget\":0}", NeutralReasoning.disabled), ("{\"thinkingBudget\":-1}", .adaptive),
        ("{\"thinkingLevel\":\"HIGH\"}", .effort("high")),
    ])
    func thinkingIsRead(_ config: String, _ expected: NeutralReasoning) throws {
        let request = try Self.read("{\(Self.hi),\"generationConfig\":{\"thinkingConfig\":\(config)}}")
        #expect(request.reasoning == expected)
    }

    @Test func whatGeminiSaysToItselfStaysTheSame() throws {
        let text = #"""
            {"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[
            {"text":"hm","thought":true,"thoughtSignature":"AAAA"},
            {"functionCall":{"id":"a","name":"f","args":{"n":1}},"thoughtSignature":"BBBB"}]},
            {"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"output":"x"}}}]}],
            "generationConfig":{"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}}}
            """#
        let result = try translate(
            text, from: GenerateContentTranslation.self, to: GenerateContentTranslation.self, model: "gemini-3-pro")
        #expect(result.json == (try JSONValue(parsing: text)))
        #expect(result.dropped == [])
    }

    @Test(arguments: 0..<400)
    func strangeRequestsAreRefusedOrRead(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var json = try JSONValue(
            parsing: #"""
                {"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"q"},
                {"inlineData":{"mimeType":"image/png","data":"AA=="}}]},{"role":"model","parts":[
                {"functionCall":{"id":"i","name":"f","args":{"n":1}},"thoughtSignature":"AA=="}]},{"role":"user","parts":[
                {"functionResponse":{"name":"f","response":{"output":"x"}}}]}],"tools":[{"functionDeclarations":[
                {"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}]}],
                "generationConfig":{"topK":4,"stopSequences":["a"],"thinkingConfig":{"thinkingBudget":9}}}
                """#)
        for _ in 0..<3 { json = json.mutated(&random) }
        guard var request = try? GenerateContentTranslation.readRequest(json) else { return }
        _ = try? ChatCompletionsTranslation.writeRequest(&request)
        _ = try? MessagesTranslation.writeRequest(&request)
        _ = try? GenerateContentTranslation.writeRequest(&request)
        #expect(request.dropped.count <= 33)
    }
}
