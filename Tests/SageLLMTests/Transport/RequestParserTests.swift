import HTTPTypes
import NIOCore
import Testing

@testable import SageLLM

struct RequestParserTests {
    /// What a client sends, read in pieces of some length.
    private static func read(_ text: String, pieces: Int = .max) throws(HTTPMessageError) -> [RequestParser.Part] {
        var parser = RequestParser(maxHeadBytes: 1_024)
        var rest = ByteBuffer(string: text)
        var parts: [RequestParser.Part] = []
        while let piece = rest.readSlice(length: min(pieces, rest.readableBytes)), piece.readableBytes > 0 {
            parser.append(piece)
            while let part = try parser.next() {
                if case .body(var more) = part, case .body(var before) = parts.last {
                    before.writeBuffer(&more)
                    parts[parts.count - 1] = .body(before)
                } else {
                    parts.append(part)
                }
            }
        }
        return parts
    }

    private static func head(_ text: String) throws -> RequestParser.Head? {
        guard case .head(let head) = try read(text).first else { return nil }
        return head
    }

    private static let pipelined =
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-A: 1\r\n\r\nabc"
        + "\r\nPOST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nde"
        + "GET /b?c HTTP/1.1\r\nhost: h\r\nx-a:\t2 \r\n\r\n"
        + "POST /c HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
        + "1;a=b\r\nf\r\n0002\r\ngh\r\n0\r\nx-trailer: 1\r\n\r\n"

    /// Wherever the boundaries of what arrives lie, the same requests are read.
    @Test(arguments: [1, 2, 3, 5, 7, 11, 13, 64, 1_000])
    func readsOneRequestAfterTheOther(pieces: Int) throws {
        func request(_ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields) -> HTTPRequest {
            HTTPRequest(method: method, scheme: "http", authority: "h", path: path, headerFields: fields)
        }
        let fields: HTTPFields = [try #require(HTTPField.Name("x-a")): "1"]
        #expect(
            try Self.read(Self.pipelined, pieces: pieces) == [
                .head(.init(request(.post, "/a", fields), contentLength: 3)), .body(ByteBuffer(string: "abc")), .end,
                .head(.init(request(.post, "/a", fields), contentLength: 2)), .body(ByteBuffer(string: "de")), .end,
                .head(.init(request(.get, "/b?c", [try #require(HTTPField.Name("x-a")): "2"]))), .end,
                .head(.init(request(.post, "/c", [.transferEncoding: "chunked"]))), .body(ByteBuffer(string: "fgh")),
                .end,
            ])
    }

    /// The fields of one request are compared with those of the last: none may stay, and none may get lost.
    @Test func fieldsAreThoseOfTheRequestItself() throws {
        let heads = [
            "a: 1\r\nb: 2\r\n", "a: 1\r\n", "a: 1\r\nb: 2\r\nc: 3\r\n", "", "b: 2\r\na: 1\r\n", "a: 1\r\na: 1\r\n",
        ]
        let parts = try Self.read(heads.map { "GET / HTTP/1.1\r\n\($0)\r\n" }.joined())
        let found = parts.compactMap { part -> String? in
            guard case .head(let head) = part else { return nil }
            return head.request.headerFields.map { "\($0.name): \($0.value)\r\n" }.joined()
        }
        #expect(found == heads)
    }

    @Test(
        arguments: [
            ("POST /v1/messages HTTP/1.1\r\nhost: h\r\n", "/v1/messages"),
            ("POST /v1/messages HTTP/1.1\r\nhost: \0\r\n\r\n", "/v1/messages"),
            ("\r\n\r\nGET /v1/models HTTP/1.1\r\n", "/v1/models"), ("\r\rGET /a ", "/a"),
            ("POST /v1/mess", "/v1/mess"),
            ("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabcPOST /b", "/b"),
            ("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nab", nil),
            ("POST /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nz /b ", nil),
            ("POST http://h/v1/messages HTTP/1.1", nil),
            ("SSH-2.0-OpenSSH_9.6", nil), ("", nil), ("\r\n", nil), (" ", nil), ("\u{16}\u{3}\u{1}\0 /x", "/x"),
            ("POST /\(String(repeating: "x", count: 2_000))", "/\(String(repeating: "x", count: 58))"),
        ] as [(String, String?)])
    func pathIsToldBeforeItsRequestIsRead(text: String, path: String?) {
        var parser = RequestParser(maxHeadBytes: 1_024)
        parser.append(ByteBuffer(string: text))
        do { while try parser.next() != nil {} } catch {}
        #expect(parser.unreadPath == path)
    }

    @Test func pathIsToldAsFarAsItHasCome() throws {
        var parser = RequestParser(maxHeadBytes: 1_024)
        for (part, path) in [("PO", nil), ("ST /v1", "/v1"), ("/messages", "/v1/messages"), (" HT", "/v1/messages")] {
            parser.append(ByteBuffer(string: part))
            #expect(try parser.next() == nil)
            #expect(parser.unreadPath == path)
        }
        parser.append(ByteBuffer(string: "TP/1.1\r\nhost: h\r\n\r\n"))
        while try parser.next() != nil {}
        #expect(parser.unreadPath == nil)
    }

    @Test func lengthAndHostAreNoneOfTheFields() throws {
        let head = try #require(try Self.head("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 7\r\na: b\r\n\r\n"))
        #expect(head.contentLength == 7)
        #expect(head.request.authority == "h")
        #expect(head.request.headerFields.map(\.name.rawName) == ["a"])
    }

    @Test func connectionAndExpectationAreRead() throws {
        let plain = try #require(try Self.head("GET / HTTP/1.1\r\nconnection: keep-alive\r\n\r\n"))
        #expect(!plain.isClosing && !plain.isOld && !plain.expectsContinue)
        let closing = try #require(
            try Self.head("GET / HTTP/1.1\r\nConnection: x, Close\r\nExpect: 100-Continue\r\n\r\n"))
        #expect(closing.isClosing && closing.expectsContinue)
        #expect(try Self.head("GET / HTTP/1.0\r\n\r\n")?.isOld == true)
    }

    @Test(
        arguments: [
            ("/", "/"), ("/a?b=%20", "/a?b=%20"), ("*", "*"), ("http://h/a?b", "/a?b"), ("http://h", "/"),
            ("http://h?b", "/?b"), ("/a://b", "/a://b"),
        ])
    func targetTellsThePath(_ target: String, _ path: String) throws {
        #expect(try Self.head("GET \(target) HTTP/1.1\r\n\r\n")?.request.path == path)
    }

    @Test(
        arguments: [
            "GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n",
            "GET /a b HTTP/1.1\r\n\r\n", " GET / HTTP/1.1\r\n\r\n", "GET HTTP/1.1\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
            "G(T / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\na: b\n\r\n", "\u{16}\u{3}\u{1}",
            "\rGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\na : b\r\n\r\n", "GET / HTTP/1.1\r\na\r\n\r\n",
            "GET / HTTP/1.1\r\n: b\r\n\r\n", "GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\na: \0\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", "GET / HTTP/1.1\r\ncontent-length: 1, 1\r\n\r\n",
            "GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
            "GET / HTTP/1.1\r\ncontent-length: +1\r\n\r\n",
            "GET / HTTP/1.1\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
            "GET / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n",
        ])
    func whatTwoPartiesCouldReadDifferentlyIsRefused(_ text: String) {
        for pieces in [1, 4, 1_000] {
            let error = #expect(throws: HTTPMessageError.self) { try Self.read(text, pieces: pieces) }
            if case .malformed = error { continue }
            Issue.record("\(text) is not malformed but \(String(describing: error))")
        }
    }

    @Test(arguments: [
        "GET /" + String(repeating: "a", count: 2_000), "GET / HTTP/1.1\r\na: " + String(repeating: "b", count: 2_000),
    ])
    func headWithoutEndIsTooLong(_ text: String) {
        for pieces in [1, 100, 3_000] {
            let error = #expect(throws: HTTPMessageError.self) { try Self.read(text, pieces: pieces) }
            #expect(error == .tooLong("the head", limit: 1_024))
        }
    }
}
