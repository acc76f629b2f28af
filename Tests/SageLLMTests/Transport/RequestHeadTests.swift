import HTTPTypes
import NIOCore
import Testing

@testable import SageLLM

struct RequestHeadTests {
    func write(_ request: UpstreamRequest) throws -> (String, RequestHead.Traits) {
        var buffer = ByteBuffer()
        let traits = try RequestHead.write(request, to: UpstreamURL(request.url), into: &buffer)
        return (String(buffer: buffer), traits)
    }

    @Test func headHasWhatAServerNeeds() throws {
        let (head, traits) = try write(
            UpstreamRequest(
                url: "https://api.example.com/v1/chat?x=1#f", headers: [.contentType: "application/json"],
                body: ByteBuffer(string: "{\"a\":12345}")))
        #expect(
            head == "POST /v1/chat?x=1 HTTP/1.1\r\nContent-Type: application/json\r\nhost: api.example.com\r\n"
                + "accept-encoding: identity\r\ncontent-length: 11\r\n\r\n")
        #expect(traits == RequestHead.Traits())
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, false), (.head, false), (.delete, false), (.post, true), (.put, true), (.patch, true),
    ])
    func lengthOfNoBody(method: HTTPRequest.Method, hasLength: Bool) throws {
        let (head, traits) = try write(UpstreamRequest(method: method, url: "http://h/"))
        #expect(head.contains("content-length: 0\r\n") == hasLength)
        #expect(traits.isBodyless == (method == .head))
    }

    @Test func fieldOfTheCallerIsNeverRepeated() throws {
        let host = try #require(HTTPField.Name("Host"))
        let body = ByteBuffer(string: "ab")
        let (head, traits) = try write(
            UpstreamRequest(
                url: "http://h/",
                headers: [host: "other", .contentLength: "2", .acceptEncoding: "gzip", .connection: "close"],
                body: body))
        #expect(
            head == "POST / HTTP/1.1\r\nHost: other\r\nContent-Length: 2\r\nAccept-Encoding: gzip\r\n"
                + "Connection: close\r\n\r\n")
        #expect(traits.acceptsEncoding && traits.isClosing)
    }

    @Test func valueCannotBreakItsLine() throws {
        let (head, _) = try write(
            UpstreamRequest(url: "http://h/", headers: [.userAgent: "a\r\nevil: 1\u{0}"], body: ByteBuffer()))
        #expect(head.split(separator: "\r\n").count == 5)
        #expect(!head.contains("\nevil"))
        #expect(!head.contains("\u{0}"))
    }

    @Test(
        arguments: [
            [.transferEncoding: "chunked"], [.upgrade: "h2c"], [.contentLength: "3"], [.contentLength: "x"],
        ] as [HTTPFields])
    func fieldOfTheTransportIsRefused(headers: HTTPFields) {
        let request = UpstreamRequest(url: "http://h/", headers: headers, body: ByteBuffer(string: "ab"))
        #expect(throws: UpstreamFailure.self) { try write(request) }
    }

    @Test func tunnelIsRefused() {
        #expect(throws: UpstreamFailure.self) { try write(UpstreamRequest(method: .connect, url: "http://h/")) }
    }
}
