import SageLLM
import Testing

@testable import SageMock

struct GeminiShapeTests {
    private func reply(
        _ body: String, _ method: String = "generateContent", query: [String: String] = ["key": "k", "alt": "sse"],
        headers: [String: String] = [:], options: ReplyOptions = ReplyOptions()
    ) -> ProviderReply {
        GeminiShape().answer(
            body, path: "/v1beta/models/m:\(method)", query: query, headers: headers, options: options)
    }

    private static func body(_ contents: String, _ rest: String = "") -> String {
        #"{"contents":[\#(contents)]\#(rest)}"#
    }

    private static let question = #"{"role":"user","parts":[{"text":"a "},{"inlineData":{}},{"text":"b"}]}"#
    private static let tools = #","tools":[{"functionDeclarations":[{"name":"t"}]}]"#

    @Test func aReplyEchoesTheLastContent() {
        #expect(
            reply(Self.body(Self.question)).text == """
                {"candidates":[{"content":{"parts":[{"text":"You said: a b"}],"role":"model"},\
                "finishReason":"STOP","index":0}],\
                "usageMetadata":{"promptTokenCount":6,"candidatesTokenCount":4,"totalTokenCount":10},\
                "modelVersion":"m","responseId":"mock-7"}
                """)
    }

    @Test func aStreamIsEventsOrAnArray() throws {
        let events = reply(Self.body(Self.question), "streamGenerateContent")
        #expect(events.events.count == 5)
        #expect(events.headers.first == FaultStep.Header("content-type", "text/event-stream"))
        let array = reply(Self.body(Self.question), "streamGenerateContent", query: ["key": "k"])
        #expect(array.headers.first == FaultStep.Header("content-type", "application/json; charset=UTF-8"))
        #expect(try JSONValue(parsing: array.events.joined()) == .array(events.eventJSON))
        let texts = events.eventJSON.map { $0["candidates"]?[0]?["content"]?["parts"]?[0]?["text"] }
        #expect(texts == ["You ", "said: ", "a ", "b", ""])
        #expect(events.eventJSON.map { $0["candidates"]?[0]?["finishReason"] } == [nil, nil, nil, nil, "STOP"])
        #expect(events.eventJSON[4]["usageMetadata"] == reply(Self.body(Self.question)).json?["usageMetadata"])
    }

    @Test func thinkingTextAndCallsAreParts() {
        var options = ReplyOptions()
        options.thinking = "let me"
        options.text = "both"
        options.tools = [.init(arguments: #"{"a": 1}"#), .init(name: "u", arguments: "{}")]
        let body = Self.body(Self.question, Self.tools)
        let whole = reply(body, options: options).json
        let calls: [JSONValue] = [
            [
                "functionCall": ["name": "t", "args": ["a": 1]],
                "thoughtSignature": "c2FnZS1tb2NrLXNpZ25hdHVyZQ==",
            ],
            ["functionCall": ["name": "u", "args": [:]]],
        ]
        #expect(
            whole?["candidates"]?[0]?["content"]?["parts"]
                == .array([["text": "let me", "thought": true], ["text": "both"]] + calls))
        #expect(
            whole?["usageMetadata"] == [
                "promptTokenCount": 6, "candidatesTokenCount": 6, "thoughtsTokenCount": 2, "totalTokenCount": 14,
            ])
        let chunks = reply(body, "streamGenerateContent", options: options).eventJSON
        #expect(chunks.count == 5)
        #expect(chunks[0]["candidates"]?[0]?["content"]?["parts"]?[0] == ["text": "let ", "thought": true])
        #expect(chunks[3]["candidates"]?[0]?["content"]?["parts"] == .array(calls))
        #expect(chunks[4]["usageMetadata"] == whole?["usageMetadata"])
    }

    @Test func theEndCanBeLeftOutAndSignsOfLifeAdded() {
        var options = ReplyOptions()
        options.omitsFinish = true
        options.omitsDone = true
        options.keepAlives = 2
        let events = reply(Self.body(Self.question), "streamGenerateContent", options: options).events
        #expect(events.count == 7)
        #expect(events[..<2] == ["\n", "\n"])
        #expect(events.allSatisfy { !$0.contains("finishReason") })
        let array = reply(Self.body(Self.question), "streamGenerateContent", query: ["key": "k"], options: options)
        #expect(array.events.prefix(3).joined().hasPrefix("\n\n[{"))
        #expect(array.events.last?.hasSuffix("]\n") == false)
        options.omitsDone = false
        let whole = reply(Self.body(Self.question), "streamGenerateContent", query: ["key": "k"], options: options)
        #expect((try? JSONValue(parsing: whole.events.joined()))?.arrayValue?.count == 5)
    }

    @Test func anInBandErrorIsTheLastPiece() {
        var options = ReplyOptions()
        options.inBandError = .init(afterEvents: 2)
        let events = reply(Self.body(Self.question), "streamGenerateContent", options: options)
        #expect(events.eventJSON.count == 3)
        #expect(events.eventJSON[2]["error"]?["status"] == "UNAVAILABLE")
        let array = reply(Self.body(Self.question), "streamGenerateContent", query: ["key": "k"], options: options)
        let elements = (try? JSONValue(parsing: array.events.joined()))?.arrayValue
        #expect(elements?.last == events.eventJSON[2])
        #expect(reply(Self.body(Self.question), options: options).json == events.eventJSON[2])
        options.inBandError = .init(text: "x")
        #expect(reply(Self.body(Self.question), "streamGenerateContent", options: options).events == ["data: x\n\n"])
    }

    @Test func aScriptedFinishReasonReplacesTheTrueOne() {
        var options = ReplyOptions()
        options.finish = "SAFETY"
        #expect(reply(Self.body(Self.question), options: options).json?["candidates"]?[0]?["finishReason"] == "SAFETY")
    }

    @Test(
        arguments: [
            (#"{"functionCallingConfig":{"mode":"ANY"}}"#, "t"),
            (#"{"function_calling_config":{"mode":"ANY","allowed_function_names":["u"]}}"#, "u"),
            (#"{"functionCallingConfig":{"mode":"AUTO"}}"#, nil),
        ] as [(String, String?)])
    func aDemandedToolIsCalled(_ choice: String, _ expected: String?) {
        let body = Self.body(Self.question, Self.tools + #","toolConfig":\#(choice)"#)
        let part = reply(body).json?["candidates"]?[0]?["content"]?["parts"]?[0]
        #expect(part?["functionCall"]?["name"]?.stringValue == expected)
    }

    private static let call = #"{"role":"model","parts":[{"functionCall":{"name":"t","args":{}}}]}"#
    private static let result =
        #"{"role":"user","parts":[{"functionResponse":{"name":"t","response":{"sky":"snow"}}}]}"#

    @Test func aResultOfAToolIsAnsweredWithText() {
        let config = #","tool_config":{"functionCallingConfig":{"mode":"ANY"}}"#
        let body = Self.body("\(Self.question),\(Self.call),\(Self.result)", Self.tools + config)
        let part = reply(body).json?["candidates"]?[0]?["content"]?["parts"]?[0]
        #expect(part?["text"] == #"You said: {"sky":"snow"}"#)
    }

    @Test func tokensAreCounted() {
        let body = Self.body(Self.question, #","systemInstruction":{"parts":[{"text":"be brief"}]}"#)
        #expect(reply(body, "countTokens").text == #"{"totalTokens":12}"#)
        #expect(reply(#"{"generateContentRequest":\#(body)}"#, "countTokens").text == #"{"totalTokens":12}"#)
        #expect(reply(body).json?["usageMetadata"]?["promptTokenCount"] == 12)
    }

    @Test func contentsAreEmbedded() {
        let content = #""content":{"parts":[{"text":"a"}]},"outputDimensionality":8"#
        let one = reply("{\(content)}", "embedContent").json?["embedding"]?["values"]
        #expect(one?.arrayValue?.count == 8)
        let batch = reply(
            #"{"requests":[{"model":"models/m",\#(content)},{"model":"models/m",\#(content)}]}"#, "batchEmbedContents")
        #expect(batch.json?["embeddings"]?.arrayValue?.map { $0["values"] } == [one, one])
    }

    @Test(arguments: [
        ("{}", "generateContent", "contents is missing"),
        (body(""), "generateContent", "* GenerateContentRequest.contents: contents is not specified"),
        (body(question, #","foo":1"#), "generateContent", #"Invalid JSON payload received. Unknown name "foo""#),
        (body(#"{"role":"assistant","parts":[{"text":"x"}]}"#), "generateContent", "Please use a valid role"),
        (body(#"{"parts":[]}"#), "generateContent", "contents[0].parts must not be empty."),
        (body(call), "generateContent", "Please ensure that the number of function response parts is equal"),
        (body(result), "generateContent", "Please ensure that the number of function response parts is equal"),
        (body("\(call),\(question)"), "generateContent", "Please ensure that the number of function response"),
        ("{}", "embedContent", "content is missing"),
        (#"{"content":{"parts":[]}}"#, "embedContent", "content is empty"),
        (#"{"requests":[]}"#, "batchEmbedContents", "* BatchEmbedContentsRequest.requests: at least 1"),
        (
            #"{"requests":[{"model":"models/x","content":{"parts":[{"text":"a"}]}}]}"#, "batchEmbedContents",
            "* requests[0].model: must match"
        ),
        ("[", "generateContent", "invalid JSON"),
    ])
    func aWrongRequestIsNamed(_ body: String, _ method: String, _ message: String) {
        let reply = reply(body, method)
        #expect(reply.status == 400)
        #expect(reply.json?["error"]?["code"] == 400)
        #expect(reply.json?["error"]?["status"] == "INVALID_ARGUMENT")
        #expect(reply.json?["error"]?["message"]?.stringValue?.hasPrefix(message) == true, "\(reply.text)")
    }

    @Test(
        arguments: [
            ([:], [:], 403), (["key": ""], [:], 403), (["key": "k"], [:], 200), ([:], ["x-goog-api-key": "k"], 200),
            ([:], ["authorization": "Bearer k"], 200),
        ] as [([String: String], [String: String], Int)])
    func aKeyIsDemanded(_ query: [String: String], _ headers: [String: String], _ status: Int) {
        #expect(reply(Self.body(Self.question), query: query, headers: headers).status == status)
    }

    @Test(arguments: [
        (400, "INVALID_ARGUMENT"), (401, "UNAUTHENTICATED"), (403, "PERMISSION_DENIED"), (404, "NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED"), (500, "INTERNAL"), (503, "UNAVAILABLE"), (504, "DEADLINE_EXCEEDED"),
        (418, "INVALID_ARGUMENT"), (599, "INTERNAL"),
    ])
    func everyStatusHasItsName(_ status: Int, _ name: String) {
        let error = { (method: String, query: [String: String]) in
            GeminiShape().error(
                status: status, message: "x", for: .of("", path: "/v1beta/models/m:\(method)", query: query)
            ).json
        }
        let envelope: JSONValue = [
            "error": ["code": .integer(Int64(status)), "message": "x", "status": .string(name)]
        ]
        #expect(error("generateContent", [:]) == envelope)
        #expect(error("streamGenerateContent", ["alt": "sse"]) == envelope)
        #expect(error("streamGenerateContent", [:]) == [envelope])
    }

    @Test(
        arguments: [
            ("/v1beta/models/a:generateContent", "a", false), ("/v1/models/b.c:streamGenerateContent", "b.c", true),
            ("/v1beta/models", nil, false), ("/v1beta/models/a", nil, false),
        ] as [(String, String?, Bool)])
    func theModelStandsInThePath(_ path: String, _ model: String?, _ isStream: Bool) {
        #expect(GeminiShape().facts(of: .of("", path: path)) == (model, isStream))
    }

    @Test func theCompatiblePathHasOpenAIsAnswersAndGeminisErrors() {
        let shape = GeminiCompatibilityShape()
        let path = "/v1beta/openai/chat/completions"
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#
        #expect(shape.answer(body, path: path).json?["object"] == "chat.completion")
        #expect(shape.facts(of: .of(body, path: path)) == ("m", false))
        let refused = shape.answer("{}", path: path)
        #expect(refused.json?[0]?["error"]?["status"] == "INVALID_ARGUMENT")
        #expect(refused.json?[0]?["error"]?["message"]?.stringValue?.hasPrefix("model is missing") == true)
        #expect(shape.error(status: 429, message: "x", for: .of("", path: path)).json?[0]?["error"]?["code"] == 429)
    }
}
