import HTTPTypes
import NIOCore
import SageLLM
import Testing

@testable import SageGateway

struct InboundRequestTests {
    static let minimal = #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#

    func request(_ body: String, _ headers: HTTPFields = [:]) throws(GatewayError) -> InboundRequest {
        try InboundRequest(.chatCompletions, headers: headers, body: ByteBuffer(string: body), id: "test")
    }

    @Test func readsWhatRoutingNeeds() throws {
        let request = try request(#" {"messages":[{}],"n":2,"stream":true,"model":"\u0061/m","x":[1]} "#)
        #expect(request.model == "a/m")
        #expect(request.isStream)
        #expect(request.choices == 2)
        let plain = try self.request(Self.minimal)
        #expect(!plain.isStream)
        #expect(plain.choices == 1)
        #expect(try !self.request(#"{"model":"m","messages":[{}],"stream":null,"n":null}"#).isStream)
    }

    @Test(
        arguments: [
            ("", nil, "not a valid JSON object"),
            ("{", nil, "not a valid JSON object"),
            ("nonsense", nil, "not a valid JSON object"),
            ("[]", nil, "not a valid JSON object"),
            ("\u{1}", nil, "not a valid JSON object"),
            (#"{"model":"m","messages":[{}]} x"#, nil, "not a valid JSON object"),
            ("{}", "model", "required"),
            (#"{"model":null,"messages":[{}]}"#, "model", "required"),
            (#"{"model":7,"messages":[{}]}"#, "model", "found"),
            (#"{"model":"","messages":[{}]}"#, "model", "expected"),
            (#"{"model":"m"}"#, "messages", "required"),
            (#"{"model":"m","messages":"hi"}"#, "messages", "found"),
            (#"{"model":"m","messages":{}}"#, "messages", "found"),
            (#"{"model":"m","messages":[]}"#, "messages", "at least one"),
            (#"{"model":"m","messages":[ ]}"#, "messages", "at least one"),
            ("{\"model\":\"m\",\"messages\":[\n\t]}", "messages", "at least one"),
            (#"{"model":"m","messages":[{}],"stream":"yes"}"#, "stream", "found"),
            (#"{"model":"m","messages":[{}],"stream":1}"#, "stream", "found"),
            (#"{"model":"m","messages":[{}],"n":0}"#, "n", "1 to 128"),
            (#"{"model":"m","messages":[{}],"n":129}"#, "n", "1 to 128"),
            (#"{"model":"m","messages":[{}],"n":-1}"#, "n", "1 to 128"),
            (#"{"model":"m","messages":[{}],"n":1.5}"#, "n", "1 to 128"),
            (#"{"model":"m","messages":[{}],"n":1e99}"#, "n", "1 to 128"),
            (#"{"model":"m","messages":[{}],"n":"1"}"#, "n", "found"),
            (#"{"model":"a","messages":[{}],"mod\u0065l":"m"}"#, "model", "more than once"),
            (#"{"model":"a","messages":[{}],"model":"a"}"#, "model", "more than once"),
            (#"{"model":"a","messages":[{}],"messages":[]}"#, "messages", "more than once"),
            (#"{"stream":false,"model":"a","messages":[{}],"stream":true}"#, "stream", "more than once"),
        ] as [(String, String?, String)])
    func mistakeNamesItsField(_ body: String, _ field: String?, _ words: String) throws {
        let error = try #require(#expect(throws: GatewayError.self) { try request(body) })
        #expect(error.code == .invalidRequest)
        #expect(error.status == 400)
        #expect(error.parameter == field)
        #expect(error.message.contains(words))
        if let field { #expect(error.message.hasPrefix("\(field):")) }
    }

    @Test func brokenTextAndDeepNestingAreErrors() {
        var bytes = ByteBuffer(string: #"{"model":"m","messages":["#)
        bytes.writeBytes([0x22, 0xFF, 0xFE, 0x22])
        bytes.writeString("]}")
        #expect(throws: GatewayError.self) {
            try InboundRequest(.chatCompletions, headers: [:], body: bytes, id: "test")
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: GatewayError.self) { try request(#"{"model":"m","messages":\#(deep)"#) }
    }

    // MARK: The body for a provider

    @Test func bodyStaysAsItIsForTheSameModel() throws {
        let request = try request(Self.minimal)
        #expect(request.body(forModel: "m") == ByteBuffer(string: Self.minimal))
    }

    @Test(
        arguments: [
            (
                #"{ "messages" : [ {"model":"m"} ],  "model" : "m" , "x":1.50e0 }"#,
                #"{ "messages" : [ {"model":"m"} ],  "model" : "p\"q" , "x":1.50e0 }"#
            ),
            (
                "\r\n{\"model\":\"m\",\"messages\":[{\"content\":\"ä \\ud83d\\ude00 \\/\"}]}\n",
                "\r\n{\"model\":\"p\\\"q\",\"messages\":[{\"content\":\"ä \\ud83d\\ude00 \\/\"}]}\n"
            ),
        ])
    func onlyTheModelIsRewritten(_ body: String, _ expected: String) throws {
        #expect(String(buffer: try request(body).body(forModel: #"p"q"#)) == expected)
    }

    // MARK: Header fields

    @Test func optionsOfTheClient() throws {
        let options = try request(
            Self.minimal,
            [
                .init("x-sage-timeout-ms")!: "1500", .init("x-sage-no-retry")!: "true",
                .init("x-sage-no-fallback")!: "false", .init("x-stainless-retry-count")!: "2",
                .init("x-stainless-read-timeout")!: "2.5",
            ]
        ).options
        #expect(options.timeout == .milliseconds(1_500))
        #expect(options.forbidsRetry)
        #expect(!options.forbidsFallback)
        #expect(options.previousAttempts == 2)
        #expect(options.readTimeout == .seconds(2.5))
    }

    @Test(
        arguments: ["x-sage-timeout-ms"], ["", "0", "-1", "1.5", "3600001", "99999999999999999999", "abc", "1, 2"])
    func wrongTimeoutNamesTheField(field: String, value: String) throws {
        let error = try #require(
            #expect(throws: GatewayError.self) { try request(Self.minimal, [.init(field)!: value]) })
        #expect(error.parameter == field)
        #expect(error.message.contains("1 to 3600000"))
    }

    @Test(arguments: ["x-sage-no-retry", "x-sage-no-fallback"], ["", "yes", "1", "TRUE"])
    func wrongFlagNamesTheField(field: String, value: String) throws {
        let error = try #require(
            #expect(throws: GatewayError.self) { try request(Self.minimal, [.init(field)!: value]) })
        #expect(error.parameter == field)
        #expect(error.message.contains("true or false"))
    }

    @Test func longValueIsNotRepeatedInFull() {
        let value = String(repeating: "x", count: 10_000)
        let error = #expect(throws: GatewayError.self) {
            try request(Self.minimal, [.init("x-sage-no-retry")!: value])
        }
        #expect((error?.message.count ?? 0) < 300)
    }

    @Test(arguments: ["", "-1", "nan", "inf", "abc", "86401", "0"])
    func whatALibraryGetsWrongIsNoHint(value: String) throws {
        let options = try request(
            Self.minimal,
            [.init("x-stainless-read-timeout")!: value, .init("x-stainless-retry-count")!: "-\(value)"]
        ).options
        #expect(options.readTimeout == nil)
        #expect(options.previousAttempts == 0)
    }

    @Test func onlyListedFieldsReachTheProvider() throws {
        let forwarded = try request(
            Self.minimal,
            [
                .authorization: "Bearer of-the-client", .cookie: "c", .init("x-api-key")!: "k", .userAgent: "u",
                .init("x-forwarded-for")!: "1.2.3.4", .init("OpenAI-Beta")!: "b", .init("traceparent")!: "t",
                .contentLength: "7", .acceptEncoding: "gzip", .init("x-sage-timeout-ms")!: "5",
                .init("x-stainless-retry-count")!: "1",
            ]
        ).forwarded
        #expect(Set(forwarded.map(\.name.canonicalName)) == ["user-agent", "openai-beta", "traceparent"])
    }

    @Test func onlyListedFieldsReachTheClient() {
        let headers: HTTPFields = [
            .contentType: "text/event-stream", .setCookie: "c", .server: "s", .init("x-request-id")!: "r",
            .init("openai-model")!: "m", .init("x-ratelimit-remaining-requests")!: "1", .contentLength: "7",
            .transferEncoding: "chunked", .connection: "close", .contentEncoding: "gzip",
        ]
        #expect(
            Set(headers.filteredForClient.map(\.name.canonicalName)) == [
                "content-type", "x-request-id", "openai-model", "x-ratelimit-remaining-requests",
            ])
    }
}
