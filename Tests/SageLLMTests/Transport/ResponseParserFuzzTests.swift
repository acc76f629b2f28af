import HTTPTypes
import NIOCore
import Testing

@testable import SageLLM

/// A provider's bytes are read in the same way in whatever pieces they come, and never trap.
struct ResponseParserFuzzTests {
    static let answers = [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"a\":\"bcd\"}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-a: b\r\n\r\n5\r\nhello\r\n00A;e=f\r\n0123456789\r\n0\r\nt: u\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 429\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.0 503 Service Unavailable\r\nConnection: close\r\nKeep-Alive: timeout=5, max=9\r\n\r\n<html>sorry</html>",
        "HTTP/1.1 204 No Content\r\ncontent-encoding: identity, gzip\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
    ].map { [UInt8]($0.utf8) }

    private struct Reading: Equatable {
        var heads: [ResponseHead] = []
        var body: [UInt8] = []
        var isEnded = false
        var isRefused = false
        var isIncomplete = false
    }

    private static func read(_ pieces: [ByteBuffer], limits: HTTPMessageLimits = HTTPMessageLimits()) -> Reading {
        var parser = ResponseParser(limits: limits)
        var reading = Reading()
        parser.begin(isBodyless: false)
        do throws(HTTPMessageError) {
            pieces: for piece in pieces {
                parser.append(piece)
                while true {
                    switch try parser.next() {
                    case .head(let head): reading.heads.append(head)
                    case .body(let bytes): reading.body += bytes.readableBytesView
                    case .end:
                        reading.isEnded = true
                        // What follows belongs to no answer, and spoils the connection.
                        break pieces
                    case .incomplete: continue pieces
                    }
                }
            }
        } catch {
            reading.isRefused = true
            return reading
        }
        if !reading.isEnded { reading.isIncomplete = !parser.connectionEnded() }
        return reading
    }

    private static func isValid(_ head: ResponseHead) -> Bool {
        (100...999).contains(head.status)
            && head.fields.allSatisfy { !$0.value.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F } }
    }

    @Test(arguments: answers)
    func everySplitGivesTheSameAnswer(_ answer: [UInt8]) {
        let whole = Self.read([ByteBuffer(bytes: answer)])
        #expect(!whole.isRefused && !whole.isIncomplete)
        for first in 0...answer.count {
            for second in stride(from: first, through: answer.count, by: 1 + first % 5) {
                let pieces = [answer[..<first], answer[first..<second], answer[second...]].map { ByteBuffer(bytes: $0) }
                if Self.read(pieces) != whole { Issue.record("cut at \(first) and \(second)") }
            }
        }
    }

    @Test(arguments: UInt64(0)..<3)
    func aMutatedAnswerIsTheSameInWhateverPiecesItComes(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var refused = 0
        var ended = 0
        for _ in 0..<1_000 {
            let answer = Mutation.apply(to: try #require(Self.answers.randomElement(using: &random)), using: &random)
            let whole = Self.read([ByteBuffer(bytes: answer)])
            let cut = Self.read(Mutation.pieces(of: answer, using: &random))
            // The macro is slow where nothing is wrong.
            if whole != cut { Issue.record("cut differently: \(String(decoding: answer, as: UTF8.self))") }
            for head in whole.heads where !Self.isValid(head) { Issue.record("\(head)") }
            refused += whole.isRefused ? 1 : 0
            ended += whole.isEnded ? 1 : 0
        }
        #expect(refused > 50)
        #expect(ended > 50)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n", "x-a: b\r\n"), ("HTTP/1.1 200 OK\r\nx-a: ", "b"), ("HTTP/1.1 200 ", "a"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n"), ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;", "a"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "0"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "x-a: b\r\n"),
    ])
    func whatIsEndlessIsRefusedBeforeItIsLong(_ start: String, _ part: String) {
        let limits = HTTPMessageLimits()
        var parser = ResponseParser(limits: limits)
        parser.begin(isBodyless: false)
        parser.append(buffer(start))
        var count = 0
        #expect(throws: HTTPMessageError.self) {
            while count <= limits.headBytes + part.utf8.count {
                while case .head = try parser.next() {}
                parser.append(buffer(part))
                count += part.utf8.count
            }
        }
    }

    @Test(arguments: ["a\u{0}b", "a\u{1}", "a\u{7F}", "\u{B}"])
    func aValueIsCheckedInLaterAnswersToo(_ value: String) throws {
        var parser = ResponseParser()
        for _ in 0..<2 {
            parser.begin(isBodyless: false)
            parser.append(buffer("HTTP/1.1 200 OK\r\nx-a: fine\r\ncontent-length: 0\r\n\r\n"))
            guard case .head = try parser.next(), case .end = try parser.next() else {
                Issue.record("the answer is not whole")
                return
            }
        }
        parser.begin(isBodyless: false)
        parser.append(buffer("HTTP/1.1 200 OK\r\nx-a: \(value)\r\ncontent-length: 0\r\n\r\n"))
        #expect(throws: HTTPMessageError.self) { try parser.next() }
    }
}
