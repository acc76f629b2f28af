import NIOCore
import Testing

@testable import SageLLM

struct ServerSentEventEncoderTests {
    @Test(
        arguments: [
            ("a", nil, nil, "data: a\n\n"),
            ("", nil, nil, "data: \n\n"),
            ("a\nb\r\nc\rd", nil, nil, "data: a\ndata: b\ndata: c\ndata: d\n\n"),
            ("a\n", nil, nil, "data: a\ndata: \n\n"),
            ("{}", "ping", "7", "event: ping\nid: 7\ndata: {}\n\n"),
            ("x", "in\njected\r", "1\u{0}2\n", "event: injected\nid: 12\ndata: x\n\n"),
        ] as [(String, String?, String?, String)])
    func writesFields(_ data: String, _ event: String?, _ id: String?, _ expected: String) {
        #expect(ServerSentEventEncoder.encode(data: buffer(data), event: event, id: id) == buffer(expected))
    }

    @Test(arguments: ["a", "", "\n", "a\nb", "\n\na\n", " leading", "é漢😀"])
    func parserReadsBackWhatWasWritten(_ data: String) throws {
        let encoded = ServerSentEventEncoder.encode(data: buffer(data), event: "e", id: "i")
        let events = try ServerSentEventParserTests.parse([encoded]).events
        #expect(events.map(\.dataText) == [data])
        #expect(events.first?.event == "e")
        #expect(events.first?.id == "i")
    }

    @Test func commentIsNoEvent() throws {
        let comment = ServerSentEventEncoder.encode(comment: "keep\nalive")
        #expect(comment == buffer(": keepalive\n\n"))
        #expect(try ServerSentEventParserTests.parse([comment]).events.map(\.isDispatched) == [false])
    }
}
