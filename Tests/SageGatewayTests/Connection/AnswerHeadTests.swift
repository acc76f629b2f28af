import HTTPTypes
import NIOCore
import SageLLM
import Testing

@testable import SageGateway

struct AnswerHeadTests {
    private func written(_ framing: AnswerHead.Framing, isLast: Bool = false) -> [String] {
        var head = AnswerHead(status: .ok, fields: [.contentType: "application/json"])
        head.own.append(.init(.requestID, "req_1"))
        var buffer = ByteBuffer()
        head.write(to: &buffer, framing, server: "sage/1", isLast: isLast)
        return String(buffer: buffer).components(separatedBy: "\r\n").filter { !$0.hasPrefix("date: ") }
    }

    @Test func wholeAnswerHasItsLength() {
        #expect(
            written(.length(7)) == [
                "HTTP/1.1 200 OK", "Content-Type: application/json", "x-sage-request-id: req_1", "content-length: 7",
                "server: sage/1", "", "",
            ])
    }

    @Test func streamComesInChunks() {
        #expect(written(.chunked).contains("transfer-encoding: chunked"))
        #expect(!written(.chunked).contains { $0.hasPrefix("content-length") })
    }

    @Test func answerToAnOldClientEndsWithTheConnection() {
        #expect(
            written(.untilClose, isLast: true) == [
                "HTTP/1.1 200 OK", "Content-Type: application/json", "x-sage-request-id: req_1", "server: sage/1",
                "connection: close", "", "",
            ])
    }

    @Test(arguments: [(429, "Too Many Requests"), (503, "Service Unavailable"), (418, "")])
    func errorHasTheNameOfItsStatus(_ status: Int, _ name: String) {
        #expect(GatewayError(.overloaded, "x", status: status).httpStatus.reasonPhrase == name)
        #expect(ModelAnswer(GatewayError(.overloaded, "x", status: status), .openAI).head.status.reasonPhrase == name)
    }

    @Test func lastAnswerSaysSo() {
        #expect(written(.length(0), isLast: true).contains("connection: close"))
        #expect(!written(.length(0)).contains("connection: close"))
    }

    @Test func errorMayCloseTheConnection() {
        let error = AnswerHead(status: .contentTooLarge, fields: [.connection: "close"])
        #expect(error.isLast)
        #expect(!AnswerHead(status: .contentTooLarge, fields: [:]).isLast)
        var buffer = ByteBuffer()
        error.write(to: &buffer, .length(0), server: "sage/1", isLast: true)
        #expect(String(buffer: buffer).components(separatedBy: "connection: close").count == 2)
    }

    @Test(arguments: [("", ""), ("a", "1\r\na\r\n"), (String(repeating: "b", count: 255), nil)] as [(String, String?)])
    func chunkBeginsWithItsLength(_ text: String, _ expected: String?) {
        var buffer = ByteBuffer()
        buffer.writeChunk(ByteBuffer(string: text))
        #expect(String(buffer: buffer) == expected ?? "ff\r\n\(text)\r\n")
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
