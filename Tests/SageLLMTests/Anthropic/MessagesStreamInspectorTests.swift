import NIOCore
import TestSupport
import Testing

@testable import SageLLM

struct MessagesStreamInspectorTests {
    typealias Text = MessagesText

    func event(_ data: String, _ name: String? = nil) -> ServerSentEvent {
        ServerSentEvent(event: name, data: buffer(data), id: nil, retry: nil, isDispatched: true, raw: buffer(data))
    }

    @Test(
        arguments: [
            (Text.start, .bookkeeping),
            (Text.textStart, .bookkeeping),
            (Text.text, .content),
            (Text.blockStart(0, #"{"type":"text","text":"hi"}"#), .content),
            (Text.blockStart(0, #"{"type":"thinking","thinking":"","signature":""}"#), .bookkeeping),
            (Text.blockStart(0, #"{"type":"tool_use","id":"t","name":"f","input":{}}"#), .content),
            (Text.blockStart(0, #"{"type":"server_tool_use","id":"t","name":"web_search","input":{}}"#), .content),
            (Text.blockStart(0, #"{"type":"redacted_thinking","data":"x"}"#), .content),
            (Text.delta(0, #"{"type":"text_delta","text":""}"#), .bookkeeping),
            (Text.delta(0, #"{"type":"thinking_delta","thinking":"hm"}"#), .content),
            (Text.delta(0, #"{"type":"signature_delta","signature":"s"}"#), .content),
            (Text.delta(0, #"{"type":"input_json_delta","partial_json":""}"#), .bookkeeping),
            (Text.delta(0, #"{"type":"input_json_delta","partial_json":"{"}"#), .content),
            (Text.delta(0, #"{"type":"citations_delta","citation":{"cited_text":"x"}}"#), .content),
            (Text.delta(0, #"{"type":"a_new_delta","news":"x"}"#), .content),
            (Text.blockStop, .bookkeeping),
            (Text.end, .bookkeeping),
            (Text.stop, .done),
            (Text.ping, .keepAlive),
            ("", .keepAlive),
            (#"{"type":"a_new_event","x":1}"#, .bookkeeping),
            ("{}", .bookkeeping), ("[]", .bookkeeping), ("7", .bookkeeping), ("[DONE]", .bookkeeping),
            (#"{"type":"content_block_delta","delta":7}"#, .bookkeeping),
            (Text.error, .error(buffer(Text.error))),
            (#"{"error":{"message":"x"}}"#, .error(buffer(#"{"error":{"message":"x"}}"#))),
            (#"{"object":"error","message":"m"}"#, .error(buffer(#"{"object":"error","message":"m"}"#))),
            (#"{"code":500,"message":"m"}"#, .error(buffer(#"{"code":500,"message":"m"}"#))),
            (#"{"type":"ping","error":null}"#, .keepAlive),
        ] as [(String, StreamSignal)])
    func tellsWhatAnEventIs(_ data: String, _ expected: StreamSignal) {
        for name in [nil, "message_start"] {
            var inspector = MessagesStreamInspector()
            #expect(inspector.inspect(event(data, name)) == expected)
            #expect(inspector.hasContent == (expected == .content))
        }
    }

    @Test(arguments: ["not json", "{", #"{"type":}"#])
    func dataThatIsNoJSONIsMalformedUnlessNobodyReadsIt(_ data: String) {
        var inspector = MessagesStreamInspector()
        #expect(inspector.inspect(event(data, "ping")) == .keepAlive)
        guard case .malformed = inspector.inspect(event(data)) else {
            Issue.record("not malformed")
            return
        }
        _ = inspector.inspect(event(Text.stop))
        guard case .malformed = inspector.verdict(incompleteEvent: nil) else {
            Issue.record("not malformed")
            return
        }
    }

    @Test func eventOfTypeErrorIsAnErrorWhateverItsData() {
        for data in ["overloaded", #"{"type":"x"}"#] {
            var inspector = MessagesStreamInspector()
            #expect(inspector.inspect(event(data, "error")) == .error(buffer(data)))
            #expect(inspector.verdict(incompleteEvent: nil) == .failed(buffer(data)))
        }
    }

    @Test(
        arguments: [
            ([Text.start, Text.textStart, Text.text, Text.blockStop, Text.end, Text.stop], .complete),
            ([Text.start, Text.text, Text.stop], .complete),
            ([Text.start, Text.text, Text.end], .complete),
            ([Text.start, Text.end, Text.stop], .complete),
            ([Text.start, Text.messageDelta("max_tokens")], .complete),
            ([Text.start, Text.text], .truncated(.unfinished)),
            ([Text.start, Text.text, Text.blockStop, Text.ping], .truncated(.unfinished)),
            ([], .truncated(.empty)), ([Text.start], .truncated(.empty)),
            ([Text.start, Text.stop], .truncated(.empty)),
            ([Text.start, Text.text, Text.error, Text.stop], .failed(buffer(Text.error))),
            ([Text.start, Text.text, Text.end, Text.error], .failed(buffer(Text.error))),
        ] as [([String], StreamVerdict)])
    func tellsHowAStreamEnded(_ events: [String], _ expected: StreamVerdict) {
        var inspector = MessagesStreamInspector()
        for data in events { _ = inspector.inspect(event(data)) }
        #expect(inspector.verdict(incompleteEvent: nil) == expected)
        #expect((inspector.missingEnd == nil) == events.contains(Text.stop))
    }

    @Test(
        arguments: [
            (Text.event(Text.text) + "event: content_block_de", .truncated(.insideEvent)),
            ("event: message_start\ndata: {\"ty", .truncated(.insideEvent)),
            (Text.event(Text.text) + "event: message_stop\ndata: {\"type\":\"message_stop\"}", .complete),
            ("event: message_stop\ndata: {\"type\":\"message_stop\"}", .truncated(.empty)),
            (Text.event(Text.end) + "data: {\"typ", .complete),
            (": wait\n\n" + Text.event(Text.text) + "\n\n", .truncated(.unfinished)),
            (Text.stream.replacing("\n", with: "\r\n"), .complete),
        ] as [(String, StreamVerdict)])
    func judgesBytesTogetherWithTheParser(_ stream: String, _ expected: StreamVerdict) throws {
        let (events, parser) = try ServerSentEventParserTests.parse([buffer(stream)])
        var inspector = MessagesStreamInspector()
        for event in events { _ = inspector.inspect(event) }
        #expect(inspector.verdict(incompleteEvent: parser.incompleteEvent) == expected)
    }

    @Test func addsUpTheCountsOfAllEvents() {
        var inspector = MessagesStreamInspector()
        #expect(inspector.usage == nil)
        _ = inspector.inspect(event(Text.start))
        #expect(inspector.usage == TokenCounts(prompt: 18, completion: 1, total: 19, cacheRead: 5, cacheWrite: 3))
        let delta =
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"input_tokens":20,"output_tokens":9,"cache_read_input_tokens":null,"output_tokens_details":{"thinking_tokens":4}}}"#
        _ = inspector.inspect(event(delta))
        #expect(
            inspector.usage
                == TokenCounts(prompt: 28, completion: 9, total: 37, cacheRead: 5, cacheWrite: 3, reasoning: 4))
        #expect(inspector.finishReasonTexts == ["tool_use"])
    }

    @Test func namesTheEventWhoseLineIsMissing() {
        var inspector = MessagesStreamInspector()
        let names = [Text.start, Text.textStart, Text.text, Text.blockStop, Text.end, Text.stop, "{}"].map {
            _ = inspector.inspect(event($0))
            return inspector.missingEventName
        }
        #expect(
            names == [
                "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
                "message_stop", nil,
            ])
        _ = inspector.inspect(event(Text.text, "content_block_delta"))
        #expect(inspector.missingEventName == nil)
    }

    @Test func streamWithoutEventLinesGetsThem() async throws {
        let bare = [Text.start, Text.textStart, Text.text, Text.blockStop, Text.end].map { "data: \($0)\n\n" }.joined()
        let transport = ScriptedTransport(.stream(bare))
        let exchange = ModelExchange(target: "p/m", transport: transport)
        let request = ProviderEndpoint.anthropic(baseURL: "http://test").request(
            .messages, model: "m", body: buffer("{}"), isStream: true)
        let answer = try await exchange.start(
            ModelCall(request, format: .messages, isStream: true), limits: ExchangeLimits())
        guard case .stream(var stream) = answer else {
            Issue.record("no stream")
            return
        }
        var text = ""
        loop: while true {
            switch try await stream.next() {
            case .events(let bytes): text += String(buffer: bytes)
            case .end(let missing):
                text += missing.map { String(buffer: $0) } ?? ""
                break loop
            case .failed(let error): throw error
            }
        }
        #expect(text == Text.stream.replacing(Text.event(Text.ping), with: ""))
    }

    @Test func streamIsForwardedByteForByte() async throws {
        let whole = Text.stream
        for cut in stride(from: 1, to: whole.utf8.count, by: 37) {
            let bytes = Array(whole.utf8)
            let transport = ScriptedTransport(
                .stream([ByteBuffer(bytes: bytes[..<cut]), ByteBuffer(bytes: bytes[cut...])]))
            let exchange = ModelExchange(target: "p/m", transport: transport)
            let request = ProviderEndpoint.anthropic(baseURL: "http://test").request(
                .messages, model: "m", body: buffer("{}"), isStream: true)
            let answer = try await exchange.start(
                ModelCall(request, format: .messages, isStream: true), limits: ExchangeLimits())
            guard case .stream(let stream) = answer else {
                Issue.record("no stream")
                return
            }
            let (text, end) = try await stream.readAll()
            // The ping came before the first token, when nobody was listening.
            #expect(text == whole.replacing(Text.event(Text.ping), with: ""))
            #expect(end == .marked)
        }
    }
}
