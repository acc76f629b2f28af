import NIOCore
import SageSessions
import Testing

@testable import SageGateway

struct ModelReplyTests {
    private func chunk(_ delta: String, finish: String = "null") -> ByteBuffer {
        ByteBuffer(string: #"{"choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(finish)}]}"#)
    }

    @Test func piecesOfTextAndCallsArePutTogether() throws {
        var reply = ModelReply()
        #expect(try reply.read(chunk: chunk(#"{"role":"assistant","content":""}"#)) == "")
        #expect(try reply.read(chunk: chunk(#"{"content":"a"}"#)) == "a")
        _ = try reply.read(
            chunk: chunk(#"{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{\"a"}}]}"#))
        _ = try reply.read(chunk: chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"\":1}"}}]}"#))
        _ = try reply.read(chunk: chunk(#"{"tool_calls":[{"index":1,"function":{"name":"g","arguments":""}}]}"#))
        _ = try reply.read(chunk: chunk("{}", finish: #""tool_calls""#))
        #expect(try reply.read(chunk: ByteBuffer(string: "[DONE]")) == nil)
        #expect(reply.text == "a")
        #expect(reply.stopReason == "tool_calls")
        #expect(
            reply.toolCalls == [
                ToolCall(id: "x", name: "f", arguments: #"{"a":1}"#), ToolCall(id: "", name: "g", arguments: ""),
            ])
        var known: Set<[UInt8]> = [Array("x".utf8)]
        var count = 0
        reply.makeCallsUnique(besides: &known) {
            count += 1
            return "n\(count)"
        }
        #expect(reply.toolCalls.map(\.id) == ["n1", "n2"])
    }

    @Test func anIndexFarAwayMakesNoRoom() throws {
        var reply = ModelReply()
        _ = try reply.read(
            chunk: chunk(#"{"tool_calls":[{"index":1000000,"id":"x","function":{"name":"f","arguments":""}}]}"#))
        #expect(reply.toolCalls.isEmpty)
    }

    @Test func anErrorWithinTheStreamIsOne() {
        var reply = ModelReply()
        let event = ByteBuffer(string: #"{"error":{"message":"cut","code":"upstream_truncated"}}"#)
        let error = #expect(throws: GatewayError.self) { try reply.read(chunk: event) }
        #expect(error?.code == .upstreamTruncated)
        #expect(error?.message == "cut")
    }

    @Test(arguments: ["", "[]", "{}", #"{"choices":[]}"#])
    func whatIsNoCompletionIsRefused(_ text: String) {
        var reply = ModelReply()
        #expect(throws: GatewayError.self) { try reply.read(completion: ByteBuffer(string: text)) }
    }
}
