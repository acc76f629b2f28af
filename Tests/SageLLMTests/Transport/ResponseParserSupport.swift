import NIOCore

@testable import SageLLM

/// What a parser made of an answer.
struct ParsedAnswer: Equatable {
    var interim: [Int] = []
    var head: ResponseHead?
    var body = ""
    var isComplete = false
    var error: HTTPMessageError?
    /// Whether bytes are left that belong to no answer.
    var hasUnread = false

    var status: Int? { head?.status }

    /// Parses an answer that arrives in parts, on a connection that ends after them.
    static func parse(
        _ parts: [ByteBuffer], isBodyless: Bool = false, endsConnection: Bool = true,
        limits: HTTPMessageLimits = HTTPMessageLimits()
    ) -> ParsedAnswer {
        var parser = ResponseParser(limits: limits)
        parser.begin(isBodyless: isBodyless)
        var answer = ParsedAnswer()
        for part in parts {
            parser.append(part)
            do throws(HTTPMessageError) {
                reading: while true {
                    switch try parser.next() {
                    case .head(let head) where head.isInterim: answer.interim.append(head.status)
                    case .head(let head): answer.head = head
                    case .body(let part): answer.body += String(buffer: part)
                    case .end: answer.isComplete = true
                    case .incomplete: break reading
                    }
                }
            } catch {
                answer.error = error
                return answer
            }
        }
        if endsConnection, parser.connectionEnded() { answer.isComplete = true }
        answer.hasUnread = parser.hasUnread
        return answer
    }

    static func parse(_ text: String, isBodyless: Bool = false, limits: HTTPMessageLimits = HTTPMessageLimits()) -> Self
    {
        parse([ByteBuffer(string: text)], isBodyless: isBodyless, limits: limits)
    }
}

/// Answers as servers send them.
enum AnswerText {
    static func head(_ fields: String..., status: String = "200 OK", version: String = "1.1") -> String {
        "HTTP/\(version) \(status)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    static let fixed = head("Content-Length: 5", "content-type: text/plain") + "hello"
    static let chunked = head("Transfer-Encoding: chunked") + "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n"

    /// Answers that are as they should be, with their bodies.
    static let valid: [(text: String, body: String)] = [
        (fixed, "hello"),
        (head("Content-Length: 0"), ""),
        (head("Content-Length: 5", "Content-Length: 5") + "hello", "hello"),
        (head("Content-Length: 5, 5") + "hello", "hello"),
        (chunked, "hello world"),
        (head("transfer-encoding: Chunked") + "A  \r\n0123456789\r\n000\r\nX-Trailer: 1\r\ny: 2\r\n\r\n", "0123456789"),
        (head("Connection: close") + "to the end", "to the end"),
        (head(version: "1.0") + "old", "old"),
        (head("Content-Length: 3", version: "1.0") + "old", "old"),
        ("HTTP/1.1 204\r\n\r\n", ""),
        (head("Content-Length: 10", status: "304 Not Modified"), ""),
        (head(status: "100 Continue") + head(status: "103 Early Hints") + fixed, "hello"),
        (head("X:\t padded \t", "Y:", "Z: \u{E4}", "Content-Length: 2", status: "500 So, \u{E4}h") + "{}", "{}"),
    ]
}
