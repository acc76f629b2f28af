import Foundation
import Testing

@testable import SageLLM

struct WireTypeTests {
    static func roundTrip<T: JSONRepresentable>(_ type: T.Type, _ document: String) throws {
        let json = try JSONValue(parsing: document)
        let value = try T(json: json)
        #expect(value.json == json)
        #expect(try T(parsing: value.jsonBytes) == value)
        // Foundation's coders lead to the same value.
        #expect(try JSONDecoder().decode(T.self, from: Data(document.utf8)) == value)
        #expect(try JSONValue(parsing: [UInt8](JSONEncoder().encode(value))) == json)
    }

    @Test(arguments: [
        #"{"model":"m","messages":[]}"#,
        #"{"model":"m","messages":[{"role":"user","content":"hi","x_cache":true}],"temperature":1,"top_p":0.5,"n":2,"seed":-4}"#,
        #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]}]}"#,
        #"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}","x":1},"y":2}]},{"role":"tool","tool_call_id":"1","content":"r"}]}"#,
        #"{"model":"m","messages":[{"role":"assistant","refusal":"no","name":"bot","reasoning_content":"hm"}],"stop":["a","b"],"stream":true,"stream_options":{"include_usage":true}}"#,
        #"{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"z":{},"a":{}}},"strict":true}},{"type":"custom","custom":{"name":"c"}}],"tool_choice":"auto","parallel_tool_calls":false}"#,
        #"{"model":"m","messages":[],"max_completion_tokens":5,"max_tokens":6,"response_format":{"type":"json_object"},"metadata":null,"temperature":null,"user":"u","extra_body":{"deep":[1.5,null]}}"#,
    ])
    func requestKeepsWhatItDoesNotKnow(_ document: String) throws {
        try Self.roundTrip(ChatCompletionRequest.self, document)
    }

    @Test func completionKeepsWhatItDoesNotKnow() throws {
        try Self.roundTrip(
            ChatCompletion.self,
            #"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x","annotations":[]},"finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":0}},"system_fingerprint":"fp"}"#
        )
    }

    @Test func chunkKeepsWhatItDoesNotKnow() throws {
        try Self.roundTrip(
            ChatCompletionChunk.self,
            #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"x","tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{"}}],"reasoning":"r"},"finish_reason":null}],"usage":null,"service_tier":"default"}"#
        )
    }

    @Test func modelListKeepsWhatItDoesNotKnow() throws {
        try Self.roundTrip(
            ModelList.self,
            #"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"o","context_length":8}],"more":false}"#
        )
    }

    @Test(
        arguments: [
            ("[]", "", "an object", .array),
            (#"{"messages":[]}"#, "model", "a string", nil),
            (#"{"model":null,"messages":[]}"#, "model", "a string", .null),
            (#"{"model":7,"messages":[]}"#, "model", "a string", .number),
            (#"{"model":"m"}"#, "messages", "an array", nil),
            (#"{"model":"m","messages":{}}"#, "messages", "an array", .object),
            (#"{"model":"m","messages":[{"role":"user"},{"content":"x"}]}"#, "messages[1].role", "a string", nil),
            (
                #"{"model":"m","messages":[{"role":"user","content":7}]}"#, "messages[0].content",
                "a string or an array of parts", .number
            ),
            (
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"text"},{}]}]}"#,
                "messages[0].content[1].type", "a string", nil
            ),
            (#"{"model":"m","messages":[],"n":1.5}"#, "n", "an integer", .number),
            (#"{"model":"m","messages":[],"stream":"yes"}"#, "stream", "a boolean", .string),
            (#"{"model":"m","messages":[],"tools":[{"function":{}}]}"#, "tools[0].function.name", "a string", nil),
        ] as [(String, String, String, JSONKind?)])
    func errorNamesTheField(_ document: String, _ field: String, _ expected: String, _ found: JSONKind?) throws {
        let json = try JSONValue(parsing: document)
        let error = JSONFieldError(field: field, expected: expected, found: found)
        #expect(throws: error) { try ChatCompletionRequest(json: json) }
    }

    @Test func errorOfFoundationsDecoderNamesTheFieldToo() {
        #expect {
            try JSONDecoder().decode(ChatCompletionRequest.self, from: Data(#"{"model":"m","messages":[{}]}"#.utf8))
        } throws: {
            guard case .dataCorrupted(let context) = $0 as? DecodingError else { return false }
            return context.debugDescription == "messages[0].role is missing; allowed is a string"
        }
    }

    @Test func knownMemberWinsOverAdditionalField() {
        let message = ChatMessage(role: .user, content: "a", additionalFields: ["content": "b", "x": 1])
        #expect(message.json.description == #"{"role":"user","content":"a","x":1}"#)
    }
}
