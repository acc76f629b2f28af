import NIOCore
import SageLLM
import Testing

@testable import SageGateway

struct RequestLineTests {
    private func line(_ parts: String...) -> RequestLine {
        var line = RequestLine()
        for part in parts { line.append(ByteBuffer(string: part)) }
        return line
    }

    @Test(
        arguments: [
            ("POST /v1/messages HTTP/1.1\r\nhost: h\r\n", "/v1/messages"),
            ("\r\n\r\nGET /v1/models HTTP/1.1\r\n", "/v1/models"),
            ("POST /v1/mess", "/v1/mess"),
            ("POST http://h/v1/messages HTTP/1.1", nil),
            ("SSH-2.0-OpenSSH_9.6", nil), ("", nil), ("\r\n", nil), (" ", nil), ("\u{16}\u{3}\u{1}\0 /x", "/x"),
        ] as [(String, String?)])
    func pathIsTheSecondWord(text: String, path: String?) {
        #expect(line(text).path == path)
    }

    @Test func aLineMayComeInParts() {
        #expect(line("PO", "ST /v1", "/messages", "/count_tokens H").path == "/v1/messages/count_tokens")
    }

    @Test func onlyTheBeginningIsKept() {
        let long = line("POST /v1/messages/", String(repeating: "x", count: 1 << 20), "y")
        #expect(long.path?.utf8.count == 64 - "POST ".utf8.count)
    }

    @Test func aNewRequestBeginsAnew() {
        var line = line("POST /v1/messages HTTP/1.1")
        line.clear()
        #expect(line.path == nil)
        line.append(ByteBuffer(string: "GET /a HTTP/1.1"))
        #expect(line.path == "/a")
    }
}
