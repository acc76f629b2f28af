import Testing

@testable import SageLLM

struct ResponsesRequestTests {
    static func read(_ text: String) throws -> NeutralRequest {
        try ResponsesTranslation.readRequest(JSONValue(parsing: text))
    }

    @Test func aTextIsAMessage() throws {
        let request = try Self.read(
            #"{"model":"m","input":"hi","instructions":"s","store":true,"truncation":"auto","service_tier":"flex","include":["reasoning.encrypted_content","message.output_text.logprobs"]}"#
        )
        #expect(request.messages == [NeutralMessage(.user, [.text("hi")])])
        #expect(request.system == [.text("s")])
        #expect(request.dropped == ["store", "truncation", "include[].message.output_text.logprobs", "service_tier"])
    }

    @Test func itemsBecomeTurns() throws {
        let request = try Self.read(
            #"""
            {"model":"m","input":[{"role":"developer","content":"d"},{"type":"message","role":"user","content":[
            {"type":"input_text","text":"q"},{"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"low"},
            {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,BB=="}]},
            {"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"sig"},
            {"type":"message","id":"msg","role":"assistant","status":"completed","content":[
            {"type":"output_text","text":"t","annotations":[]}]},
            {"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":"{}"},
            {"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":"one"},
            {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"}]},
            {"role":"user","content":"go"}],
            "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true}],
            "tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false,"max_output_tokens":9,
            "temperature":0.1,"top_p":0.2,"reasoning":{"effort":"low","summary":"auto"},"metadata":{"a":"b"},
            "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true},"verbosity":"low"}}
            """#)
        #expect(request.system == [.text("d")])
        #expect(request.messages.map(\.role) == [.user, .assistant, .user, .user])
        #expect(
            request.messages[0].parts == [
                .text("q"), .image(.base64("AA==", mediaType: "image/png")),
                .document(.base64("BB==", mediaType: "application/pdf"), name: "a.pdf"),
            ])
        #expect(
            request.messages[1].parts == [
                .thinking("hm", signature: "sig"), .text("t"),
                .toolCall(NeutralToolCall(id: "c1", name: "f", arguments: "{}")),
                .toolCall(NeutralToolCall(id: "c2", name: "g", arguments: "{}")),
            ])
        #expect(
            request.messages[2].parts == [
                .toolResult(NeutralToolResult(callID: "c1", parts: [.text("one")])),
                .toolResult(NeutralToolResult(callID: "c2", parts: [.text("two")])),
            ])
        #expect(
            request.tools == [NeutralTool(name: "f", description: "d", parameters: ["type": "object"], isStrict: true)])
        #expect(request.toolChoice == .tool("f") && request.allowsParallelToolCalls == false)
        #expect(request.maxTokens == 9 && request.temperature == 0.1 && request.topP == 0.2)
        #expect(request.reasoning == .effort("low") && request.includesThoughts == true)
        #expect(request.responseFormat == .jsonSchema(name: "n", schema: ["type": "object"], isStrict: true))
        #expect(request.echo["metadata"] == ["a": "b"])
        #expect(request.dropped == ["input[].content[].detail", "text.verbosity"])
    }

    @Test(
        arguments: [
            RefusalCase("[]", nil, "an object"), RefusalCase("{}", "input", "missing"),
            RefusalCase(#"{"input":[]}"#, "input", "empty"), RefusalCase(#"{"input":7}"#, "input", "a string"),
            RefusalCase(#"{"input":"x","previous_response_id":"r"}"#, "previous_response_id", "whole conversation"),
            RefusalCase(#"{"input":"x","conversation":"c"}"#, "conversation", "whole conversation"),
            RefusalCase(#"{"input":"x","prompt":{"id":"p"}}"#, "prompt", "send its text"),
            RefusalCase(#"{"input":"x","background":true}"#, "background", "allowed is false"),
            RefusalCase(#"{"input":"x","tools":[{"type":"web_search"}]}"#, "tools[0].type", "allowed is function"),
            RefusalCase(#"{"input":"x","tool_choice":"some"}"#, "tool_choice", "auto"),
            RefusalCase(#"{"input":"x","tool_choice":{"type":"mcp"}}"#, "tool_choice.type", "allowed_tools"),
            RefusalCase(#"{"input":"x","truncation":"all"}"#, "truncation", "disabled"),
            RefusalCase(#"{"input":[{"type":"item_reference","id":"x"}]}"#, "input[0].type", "send the item"),
            RefusalCase(#"{"input":[{"type":"web_search_call"}]}"#, "input[0].type", "own tools"),
            RefusalCase(#"{"input":[{"role":"tool","content":"x"}]}"#, "input[0].role", "developer"),
            RefusalCase(#"{"input":[{"role":"user"}]}"#, "input[0].content", "missing"),
            RefusalCase(
                #"{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}"#,
                "input[0].content[0].file_id", "only OpenAI"),
            RefusalCase(
                #"{"input":[{"role":"user","content":[{"type":"x"}]}]}"#, "input[0].content[0].type", "input_text"),
            RefusalCase(#"{"input":[{"type":"function_call","name":"f"}]}"#, "input[0].call_id", "missing"),
            RefusalCase(#"{"input":"x","text":{"format":{"type":"xml"}}}"#, "text.format.type", "json_schema"),
            RefusalCase(#"{"input":"x","temperature":"hot"}"#, "temperature", "a number"),
        ])
    func whatCannotBeCarriedOverIsRefused(_ example: RefusalCase) {
        let error = #expect(throws: TranslationError.self) { try Self.read(example.input) }
        #expect(error?.parameter == example.parameter)
        #expect(error?.message.contains(example.text) == true, "\(error?.message ?? "")")
    }

    @Test func whatMayNotBeCalledIsNotOffered() throws {
        let request = try Self.read(
            #"{"input":"x","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]}}"#
        )
        #expect(request.tools.map(\.name) == ["g"])
        #expect(request.toolChoice == .required)
    }

    @Test func aResponsesRequestReachesChatsAndMessages() throws {
        let text = #"{"model":"m","input":"hi","instructions":"s","max_output_tokens":9}"#
        let chat = try translate(text, from: ResponsesTranslation.self, to: ChatCompletionsTranslation.self)
        #expect(chat.json["messages"]?[1]?["content"] == "hi")
        let messages = try translate(text, from: ResponsesTranslation.self, to: MessagesTranslation.self)
        #expect(messages.json["max_tokens"] == 9)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var request = NeutralRequest.saying(
            NeutralMessage(.user, [.text("q"), .image(.url("https://h/a.png", mediaType: nil))]),
            NeutralMessage(.assistant, [.text("t"), .toolCall(NeutralToolCall(id: "c", name: "f", arguments: "{}"))]),
            NeutralMessage(.user, [.toolResult(NeutralToolResult(callID: "c", parts: [.text("r")]))]))
        request.system = [.text("s")]
        request.tools = [NeutralTool(name: "f", parameters: ["type": "object"], isStrict: false)]
        request.toolChoice = .required
        request.responseFormat = .jsonObject
        request.reasoning = .effort("high")
        request.maxTokens = 7
        let json = try ResponsesTranslation.writeRequest(&request)
        var again = try ResponsesTranslation.readRequest(json)
        again.echo = JSONObject()
        again.includesUsage = false
        again.dropped = []
        #expect(again == request)
    }

    @Test func anAnswerIsWrittenAndReadAgain() throws {
        let reply = NeutralReply(
            id: "x", model: "m",
            choices: [
                NeutralReply.Choice(
                    [
                        .thinking("hm", signature: "sig"), .text("a"),
                        .toolCall(NeutralToolCall(id: "c", name: "f", arguments: "{}", signature: "gemini:AA")),
                    ], .toolCalls)
            ], usage: TokenCounts(prompt: 3, completion: 5, total: 8, cacheRead: 1, cacheWrite: 0, reasoning: 2))
        let json = ResponsesTranslation.writeReply(reply, .test)
        let again = try ResponsesTranslation.readReply(json)
        #expect(again.choices == reply.choices)
        #expect(again.usage == reply.usage)
    }

    @Test(arguments: 0..<400)
    func strangeRequestsAreRefusedOrRead(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var json = try JSONValue(
            parsing: #"""
                {"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"q"}]},
                {"type":"reasoning","summary":[{"text":"hm"}],"encrypted_content":"s"},
                {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
                {"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"r"}]}],
                "tools":[{"type":"function","name":"f","parameters":{}}],"tool_choice":{"type":"function","name":"f"},
                "text":{"format":{"type":"json_schema","name":"n","schema":{}}},"reasoning":{"effort":"low"}}
                """#)
        for _ in 0..<3 { json = json.mutated(&random) }
        guard var request = try? ResponsesTranslation.readRequest(json) else { return }
        _ = try? ChatCompletionsTranslation.writeRequest(&request)
        _ = try? GenerateContentTranslation.writeRequest(&request)
        _ = try? MessagesTranslation.writeRequest(&request)
    }
}
