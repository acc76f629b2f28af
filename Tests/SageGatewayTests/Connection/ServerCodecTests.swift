import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SageLLM
import Testing

@testable import SageGateway

struct ServerCodecTests {
    private func written(
        after request: String = "GET / HTTP/1.1\r\n\r\n", _ head: HTTPResponse, _ parts: [String] = []
    ) throws -> String {
        let channel = EmbeddedChannel(handler: ServerCodec(maxHeadBytes: 1_024))
        try channel.writeInbound(ByteBuffer(string: request))
        try channel.writeOutbound(HTTPResponsePart.head(head))
        for part in parts { try channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(string: part))) }
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    @Test func bodyOfKnownLengthIsWrittenAsItIs() throws {
        let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "3"])
        #expect(try written(head, ["a", "bc"]) == "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
    }

    @Test func otherBodiesComeInChunks() throws {
        #expect(
            try written(HTTPResponse(status: .ok), ["a", "", "bc"])
                == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")
    }

    @Test func oldClientKnowsNoChunks() throws {
        #expect(
            try written(after: "GET / HTTP/1.0\r\n\r\n", HTTPResponse(status: .ok), ["a", "bc"])
                == "HTTP/1.1 200 OK\r\n\r\nabc")
    }

    @Test(arguments: [HTTPResponse.Status.continue, .noContent, .notModified])
    func statusWithoutABodyHasNone(_ status: HTTPResponse.Status) throws {
        for fields in [[:], [.contentLength: "0"]] as [HTTPFields] {
            #expect(
                try written(HTTPResponse(status: status, headerFields: fields))
                    == "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n\r\n")
        }
    }

    @Test func readsRequestsUpToWhatIsNone() throws {
        let channel = EmbeddedChannel(handler: ServerCodec(maxHeadBytes: 1_024))
        #expect(throws: HTTPMessageError.self) {
            try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\nno request\r\n\r\n"))
        }
        try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
        guard case .head? = try channel.readInbound(as: RequestParser.Part.self) else {
            Issue.record("the first request was not read")
            return
        }
        #expect(try channel.readInbound(as: RequestParser.Part.self) == .end)
        #expect(try channel.readInbound(as: RequestParser.Part.self) == nil)
    }
}
