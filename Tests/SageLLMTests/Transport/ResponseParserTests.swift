import HTTPTypes
import NIOCore
import Testing

@testable import SageLLM

struct ResponseParserTests {
    // MARK: Valid answers

    @Test(arguments: AnswerText.valid)
    func validAnswersAreRead(text: String, body: String) {
        let answer = ParsedAnswer.parse(text)
        #expect(answer.error == nil)
        #expect(answer.body == body)
        #expect(answer.isComplete)
        #expect(!answer.hasUnread)
    }

    @Test(arguments: AnswerText.valid)
    func boundariesOfWhatArrivesChangeNothing(text: String, body: String) {
        let whole = ParsedAnswer.parse(text)
        var random = SeededGenerator(seed: UInt64(text.utf8.count))
        for round in 0..<100 {
            var rest = ByteBuffer(string: text)
            var parts: [ByteBuffer] = []
            while rest.readableBytes > 0 {
                // The first round is byte by byte.
                let length = round == 0 ? 1 : Int.random(in: 1...min(20, rest.readableBytes), using: &random)
                if let part = rest.readSlice(length: length) { parts.append(part) }
            }
            #expect(ParsedAnswer.parse(parts) == whole)
        }
    }

    @Test func fieldsKeepOrderNamesAndValues() throws {
        let answer = ParsedAnswer.parse(AnswerText.head("B: 1", "a:  x, y ", "b: 2", "Content-Length: 0"))
        let fields = try #require(answer.head).fields
        #expect(fields.map(\.name.rawName) == ["B", "a", "b", "Content-Length"])
        #expect(fields.map(\.value) == ["1", "x, y", "2", "0"])
    }

    @Test func bytesThatAreNotUTF8AreKept() throws {
        var text = ByteBuffer(string: "HTTP/1.1 204 \r\nx: ")
        text.writeBytes([0xE4, 0x41])
        text.writeString("\r\n\r\n")
        let field = try #require(ParsedAnswer.parse([text]).head?.fields.first)
        #expect(field.withUnsafeBytesOfValue { Array($0) } == [0xE4, 0x41])
    }

    @Test func headOfTheAnswerBeforeIsUsedAgainOnlyWhereItIsTheSame() throws {
        var parser = ResponseParser()
        var fields: [HTTPFields] = []
        for (name, value) in [("X-A", "1"), ("X-A", "1"), ("X-A", "2"), ("x-a", "2"), ("X-B", "2"), ("X-A", "1")] {
            parser.begin(isBodyless: false)
            parser.append(ByteBuffer(string: AnswerText.head("\(name): \(value)", "content-length: 0")))
            guard case .head(let head) = try parser.next() else { continue }
            fields.append(head.fields)
            #expect(try parser.next() == .end)
            #expect(head.fields.first?.name.rawName == name)
            #expect(head.fields.first?.value == value)
        }
        #expect(fields.count == 6)
    }

    @Test func aControlCharacterIsRefusedThoughTheNameIsKnown() throws {
        var parser = ResponseParser()
        parser.begin(isBodyless: false)
        parser.append(ByteBuffer(string: AnswerText.head("X-A: 1", "content-length: 0")))
        _ = try parser.next()
        _ = try parser.next()
        parser.begin(isBodyless: false)
        parser.append(ByteBuffer(string: AnswerText.head("X-A: 1\u{0}2", "content-length: 0")))
        #expect(throws: HTTPMessageError.self) { try parser.next() }
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\n", BodyFraming.untilClose, true),
            ("HTTP/1.1 200 OK\r\nconnection: Close\r\n", .untilClose, false),
            ("HTTP/1.1 200 OK\r\nconnection: x, close\r\ncontent-length: 1\r\n", .length(1), false),
            ("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n", .length(1), false),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n", .chunked, true),
        ])
    func framingAndPersistence(text: String, framing: BodyFraming, isPersistent: Bool) throws {
        let head = try #require(ParsedAnswer.parse(text + "\r\n").head)
        #expect(head.framing == framing)
        #expect(head.isPersistent == isPersistent)
    }

    @Test(
        arguments: [
            ("timeout=5", 5), ("timeout=5, max=100", 5), ("max=3, Timeout=7", 7), ("timeout=x", nil), ("timeout=-3", 0),
        ] as [(String, Int?)])
    func limitOfAnIdleConnectionIsRead(value: String, seconds: Int?) throws {
        let head = try #require(ParsedAnswer.parse(AnswerText.head("keep-alive: \(value)", "content-length: 0")).head)
        #expect(head.keepAliveSeconds == seconds)
    }

    @Test func answerToHEADHasNoBody() {
        let answer = ParsedAnswer.parse(AnswerText.head("content-length: 5"), isBodyless: true)
        #expect(answer.isComplete)
        #expect(answer.head?.framing == BodyFraming.none)
    }

    @Test(arguments: [AnswerText.fixed, AnswerText.chunked])
    func bytesAfterAnAnswerAreNotPartOfIt(text: String) {
        let answer = ParsedAnswer.parse(text + "HTTP/1.1 200 OK\r\n\r\n")
        #expect(answer.isComplete)
        #expect(answer.hasUnread)
        #expect(answer.body.hasPrefix("hello") && !answer.body.contains("HTTP"))
    }

    @Test(arguments: [AnswerText.fixed, AnswerText.chunked])
    func answerThatIsCutAnywhereIsIncomplete(text: String) {
        for length in 0..<text.utf8.count {
            let answer = ParsedAnswer.parse([ByteBuffer(bytes: text.utf8.prefix(length))])
            #expect(!answer.isComplete)
            #expect(answer.error == nil)
        }
    }

    // MARK: Invalid answers

    static let malformed: [String] = [
        "\r\n" + AnswerText.fixed,
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.x 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\u{0}K\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nA: b\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rc: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nspace : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: \u{1}\r\n\r\n",
        "HTTP/1.1 200 OK\r\na\u{E4}: x\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n",
        AnswerText.head("content-length: 5", "transfer-encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n",
        AnswerText.head("transfer-encoding: chunked", "content-length: 5") + "hello",
        AnswerText.head("content-length: 5", "content-length: 6") + "hello!",
        AnswerText.head("content-length: 5, 6") + "hello!",
        AnswerText.head("content-length: -1"),
        AnswerText.head("content-length: +5") + "hello",
        AnswerText.head("content-length: 0x5") + "hello",
        AnswerText.head("content-length: 5 5") + "hello",
        AnswerText.head("content-length:") + "hello",
        AnswerText.head("content-length: 99999999999999999999"),
        AnswerText.head("transfer-encoding: gzip, chunked"),
        AnswerText.head("transfer-encoding: chunked", "transfer-encoding: chunked"),
        AnswerText.head("transfer-encoding: identity") + "hello",
        AnswerText.head("transfer-encoding: chunked") + "\r\n",
        AnswerText.head("transfer-encoding: chunked") + "x\r\n",
        AnswerText.head("transfer-encoding: chunked") + "-5\r\nhello",
        AnswerText.head("transfer-encoding: chunked") + "5\nhello\r\n",
        AnswerText.head("transfer-encoding: chunked") + "5\rx",
        AnswerText.head("transfer-encoding: chunked") + "5 5\r\nhello\r\n",
        AnswerText.head("transfer-encoding: chunked") + "5\r\nhello!\r\n",
        AnswerText.head("transfer-encoding: chunked") + "fffffffffffffffff\r\n",
        AnswerText.head("transfer-encoding: chunked") + "0\r\nx: y\n\r\n",
    ]

    @Test(arguments: malformed)
    func malformedAnswersAreRefused(text: String) {
        let answer = ParsedAnswer.parse(text)
        guard case .malformed? = answer.error else {
            Issue.record("not refused: \(answer)")
            return
        }
        #expect(!answer.isComplete)
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH_9.6\r\n", "SSH"), ("HTTP/2 200\r\n", "another HTTP version"),
        ("HTTP/0.9 200\r\n", "another HTTP version"), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "another HTTP version"),
        ("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{28}", "TLS"), ("\u{16}\u{3}\u{3}\u{0}\u{0}", "TLS"),
        ("\u{0}\u{0}\u{12}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{3}", "HTTP/2"),
    ])
    func otherProtocolsAreNamedAtOnce(text: String, name: String) {
        #expect(ParsedAnswer.parse(text).error == .otherProtocol(name))
    }

    @Test(arguments: [
        ("the status line", "HTTP/1.1 200 " + String(repeating: "x", count: 9_000) + "\r\n\r\n"),
        ("the head", "HTTP/1.1 200 OK\r\nx: " + String(repeating: "x", count: 70_000)),
        ("the head", "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 20_000)),
        (
            "the list of header fields",
            AnswerText.head().dropLast(2) + String(repeating: "a: b\r\n", count: 300) + "\r\n"
        ),
        ("a chunk's line", AnswerText.head("transfer-encoding: chunked") + "1;" + String(repeating: "x", count: 5_000)),
        (
            "the head",
            AnswerText.head("transfer-encoding: chunked") + "0\r\n" + String(repeating: "a: b\r\n", count: 20_000)
        ),
        ("the list of interim answers", String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 17)),
    ])
    func endlessPartsAreRefused(part: String, text: String) {
        guard case .tooLong(part, _)? = ParsedAnswer.parse(text).error else {
            Issue.record("not refused: \(ParsedAnswer.parse(text).error as Any)")
            return
        }
    }

    @Test func noBytesCrashTheParser() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("HTTP/1.1 200 OK\r\n\r\ncontent-length: 5transfer-encoding: chunked0;a\u{0}\u{FF}".utf8)
        for seed in 0..<3_000 {
            var bytes = Array(AnswerText.valid[seed % AnswerText.valid.count].text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = alphabet.randomElement(using: &random) ?? 0
                case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
                default: bytes.remove(at: index)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            let whole = ParsedAnswer.parse([ByteBuffer(bytes: bytes)])
            let split = ParsedAnswer.parse(bytes.map { ByteBuffer(integer: $0) })
            // What is refused is refused wherever the boundaries are, though perhaps after another part of the body.
            #expect((whole.error == nil) == (split.error == nil))
            #expect(whole.isComplete == split.isComplete)
            if whole.error == nil { #expect(whole.body == split.body) }
        }
    }
}
