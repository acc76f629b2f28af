import SageTesting
import Testing

@testable import SageStorage

struct RedisReplyReaderTests {
    private func read(
        _ text: String, step: Int = .max, maxBytes: Int = 1_024, maxValues: Int = 100
    ) throws -> [RedisValue] {
        let reader = try #require(RedisReplyReader(maxBytes: maxBytes, maxValues: maxValues))
        var rest = Array(text.utf8)[...]
        var values: [RedisValue] = []
        while !rest.isEmpty {
            try Array(rest.prefix(step)).withUnsafeBytes { try reader.feed($0) }
            rest = rest.dropFirst(min(step, rest.count))
            while let value = try reader.next() { values.append(value) }
        }
        return values
    }

    private static let replies: [(String, RedisValue)] = [
        ("+OK\r\n", .status("OK")), ("-ERR no\r\n", .error("ERR no")), (":-12\r\n", .integer(-12)),
        (":9223372036854775807\r\n", .integer(.max)), ("$-1\r\n", .null), ("*-1\r\n", .null),
        ("$0\r\n\r\n", .bytes([])), ("$4\r\na\r\nb\r\n", .bytes(Array("a\r\nb".utf8))), ("*0\r\n", .array([])),
        ("$2\r\n\u{0}\u{1}\r\n", .bytes([0, 1])),
        (
            "*3\r\n*2\r\n:1\r\n*0\r\n$1\r\nx\r\n-E\r\n",
            .array([.array([.integer(1), .array([])]), .bytes([0x78]), .error("E")])
        ),
    ]

    @Test(arguments: [1, 2, 3, 7, Int.max])
    func readsEveryTypeHoweverTheBytesArrive(_ step: Int) throws {
        let text = Self.replies.map(\.0).joined()
        #expect(try read(text, step: step) == Self.replies.map(\.1))
    }

    @Test(arguments: Self.replies.map(\.0))
    func aBeginningOfAReplyIsNone(_ text: String) throws {
        for length in 0..<text.utf8.count {
            #expect(try read(String(decoding: text.utf8.prefix(length), as: UTF8.self)) == [])
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "\u{15}\u{3}\u{1}\r\n", "$-2\r\n", "*-2\r\n", "$x\r\n", "*9999999999\r\n",
        ":\r\n", ":1x\r\n", "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", ",1.5\r\n", "#t\r\n", "_\r\n", "(1\r\n",
    ])
    func whatIsNotTheProtocolIsRefused(_ text: String) {
        #expect(throws: RedisReplyReader.Failure.self) { _ = try read(text) }
    }

    @Test(arguments: [
        "*101\r\n", "*2147483647\r\n", "*2\r\n*99\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
        "$2000000000\r\n" + String(repeating: "x", count: 2_000), "+" + String(repeating: "x", count: 2_000),
    ])
    func whatIsTooLargeIsRefusedBeforeItIsStored(_ text: String) {
        let error = #expect(throws: RedisReplyReader.Failure.self) { try read(text, step: 512) }
        if case .tooLarge = error {} else { Issue.record("refused as \(String(describing: error))") }
    }

    @Test func theLimitsAreThoseOfOneReply() throws {
        let text = "$900\r\n" + String(repeating: "x", count: 900) + "\r\n"
        #expect(try read(String(repeating: text, count: 5), step: 100).count == 5)
        let array = "*100\r\n" + String(repeating: ":1\r\n", count: 100)
        #expect(try read(String(repeating: array, count: 3), maxBytes: 4_096).count == 3)
    }

    @Test func randomBytesNeverDoHarm() throws {
        var random = SeededGenerator(seed: 6)
        let alphabet = Array("*$+-:0123456789\r\n\r\nx%".utf8)
        for _ in 0..<3_000 {
            let bytes = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let reader = try #require(RedisReplyReader(maxBytes: 64, maxValues: 10))
            do {
                try bytes.withUnsafeBytes { try reader.feed($0) }
                while let value = try reader.next() { #expect(Self.count(value) <= 11) }
            } catch {
                #expect(error is RedisReplyReader.Failure)
            }
        }
    }

    private static func count(_ value: RedisValue) -> Int {
        (value.array ?? []).reduce(1) { $0 + count($1) }
    }
}
