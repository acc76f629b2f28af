import NIOCore
import Testing

@testable import SageLLM

struct ServerSentEventParserTests {
    /// What an event says, without its raw bytes.
    struct Fields: Hashable, CustomTestStringConvertible {
        var event: String?
        var data: String
        var id: String?
        var retry: Int?

        init(_ data: String, event: String? = nil, id: String? = nil, retry: Int? = nil) {
            self.event = event
            self.data = data
            self.id = id
            self.retry = retry
        }

        init(_ event: ServerSentEvent) {
            self.init(event.dataText, event: event.event, id: event.id, retry: event.retry)
        }

        var testDescription: String { "\(data) \(event ?? "-") \(id ?? "-")" }
    }

    static func parse(_ chunks: [ByteBuffer]) throws -> (events: [ServerSentEvent], parser: ServerSentEventParser) {
        var parser = ServerSentEventParser()
        var events: [ServerSentEvent] = []
        for chunk in chunks {
            parser.append(chunk)
            while let event = try parser.next() { events.append(event) }
        }
        parser.finish()
        while let event = try parser.next() { events.append(event) }
        return (events, parser)
    }

    static func dispatched(_ events: [ServerSentEvent]) -> [Fields] {
        events.filter(\.isDispatched).map(Fields.init)
    }

    @Test(
        arguments: [
            ("data: a\n\n", [Fields("a")]),
            ("data:a\n\ndata:  b\n\n", [Fields("a"), Fields(" b")]),
            ("data: a\r\rdata: b\r\n\r\n", [Fields("a"), Fields("b")]),
            ("data: a\ndata\ndata: b\n\n", [Fields("a\n\nb")]),
            ("data\n\n", [Fields("")]),
            ("data:\n\n", [Fields("")]),
            ("data: YHOO\ndata: +2\ndata: 10\n\n", [Fields("YHOO\n+2\n10")]),
            (
                ": comment\n\ndata: a\nid: 1\n\ndata:b\nid\n\ndata:  c\n\n",
                [Fields("a", id: "1"), Fields("b", id: ""), Fields(" c")]
            ),
            ("data\n\ndata\ndata\n\ndata:", [Fields(""), Fields("\n")]),
            ("data:test\n\ndata: test\n\n", [Fields("test"), Fields("test")]),
            ("event: ping\ndata: {}\n\n", [Fields("{}", event: "ping")]),
            ("event: a\nevent: b\ndata: x\n\n", [Fields("x", event: "b")]),
            ("event:\ndata: x\n\n", [Fields("x")]),
            ("event: lost\n\ndata: x\n\n", [Fields("x")]),
            ("retry: 1000\ndata: x\n\n", [Fields("x", retry: 1000)]),
            ("retry: 10s\nretry: -1\nretry:\ndata: x\n\n", [Fields("x")]),
            ("id: a\u{0}b\ndata: x\n\n", [Fields("x")]),
            ("Data: a\n data: b\ndatax: c\nunknown\ndata: d\n\n", [Fields("d")]),
            ("data: a: b\n\n", [Fields("a: b")]),
            ("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n", [Fields("a")]),
            ("\n\n\r\n\rdata: a\n\n\n", [Fields("a")]),
            (":\n\n: x\n\n", []),
            ("", []),
            ("data: é漢😀\n\n", [Fields("é漢😀")]),
        ] as [(String, [Fields])])
    func readsAsTheSpecificationSays(_ stream: String, _ expected: [Fields]) throws {
        #expect(Self.dispatched(try Self.parse([buffer(stream)]).events) == expected)
        let single = stream.utf8.map { ByteBuffer(bytes: [$0]) }
        #expect(Self.dispatched(try Self.parse(single).events) == expected)
    }

    static let sample =
        "\u{FEFF}: hello\r\ndata: one\r\n\r\nevent: é\rdata: two\rdata: 2\rid: 7\r\r: keep-alive\n\nretry: 5\ndata\n\n\r\n"
        + "data: three\n\r\ndata: [DONE]\r\n\r\n"

    static let sampleFields = [
        Fields("one"), Fields("two\n2", event: "é", id: "7"), Fields("", retry: 5), Fields("three"), Fields("[DONE]"),
    ]

    @Test func everySplitGivesTheSameEventsAndBytes() throws {
        let bytes = [UInt8](Self.sample.utf8)
        for first in 0...bytes.count {
            for second in stride(from: first, through: bytes.count, by: 1 + first % 7) {
                let chunks = [bytes[..<first], bytes[first..<second], bytes[second...]].map { ByteBuffer(bytes: $0) }
                let (events, parser) = try Self.parse(chunks)
                #expect(Self.dispatched(events) == Self.sampleFields)
                #expect(!parser.isIncomplete)
                #expect(parser.lastEventID == "7")
                // A line feed that arrives after its carriage return may be left over at the very end.
                let raw = events.flatMap { [UInt8](buffer: $0.raw) }
                #expect(raw == bytes || raw + [.lineFeed] == bytes)
            }
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func randomChunksOfARandomStreamGiveTheSameEvents(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pieces = ["data: x", "data", "event: e", "id: 1", ": c", "\n", "\r", "\r\n", "\n\n", "é", " ", "retry: 1"]
        let bytes = (0..<200).flatMap { _ in [UInt8]((pieces.randomElement(using: &random) ?? "").utf8) }
        let whole = try Self.parse([ByteBuffer(bytes: bytes)])
        for _ in 0..<10 {
            var rest = bytes[...]
            var chunks: [ByteBuffer] = []
            while !rest.isEmpty {
                let count = Int.random(in: 0...min(12, rest.count), using: &random)
                // A chunk that does not start at its storage's beginning, as slices of a larger read do not.
                var chunk = ByteBuffer(bytes: [0] + rest.prefix(count))
                chunk.moveReaderIndex(forwardBy: 1)
                chunks.append(chunk)
                rest = rest.dropFirst(count)
            }
            let split = try Self.parse(chunks)
            #expect(split.events.map(Fields.init) == whole.events.map(Fields.init))
            #expect(split.parser.isIncomplete == whole.parser.isIncomplete)
            #expect(bytes.starts(with: split.events.flatMap { [UInt8](buffer: $0.raw) }))
        }
    }

    @Test func eventIsReportedAtTheFirstByteOfItsLastLineEnd() throws {
        var parser = ServerSentEventParser()
        parser.append(buffer("data: a\r\n\r"))
        let event = try #require(try parser.next())
        #expect(event.dataText == "a")
        parser.append(buffer("\ndata: b\n\n"))
        let second = try #require(try parser.next())
        #expect(second.dataText == "b")
        #expect(second.raw == buffer("\ndata: b\n\n"))
        #expect(try parser.next() == nil)
    }

    @Test func blocksWithoutDataAreReportedForForwarding() throws {
        let (events, _) = try Self.parse([buffer(": keep-alive\n\n\nevent: x\n\ndata: a\n\n")])
        #expect(events.map(\.isDispatched) == [false, false, false, true])
        #expect(events.map(\.raw) == [": keep-alive\n\n", "\n", "event: x\n\n", "data: a\n\n"].map { buffer($0) })
    }

    @Test(arguments: [
        ("data: a\n\ndata: b", "b"), ("data: a\n\ndata: b\n", "b"), ("data: b\ndata: c\n", "b\nc"), ("data: b\r", "b"),
        ("event: x\n", ""), ("dat", ""), ("data: b\n: c", "b"),
    ])
    func endInsideAnEventIsReported(_ stream: String, _ data: String) throws {
        let (events, parser) = try Self.parse([buffer(stream)])
        #expect(!events.contains { $0.dataText == data })
        #expect(parser.isIncomplete)
        #expect(parser.incompleteEvent?.dataText == data)
    }

    @Test(arguments: [
        "", "data: a\n\n", "data: a\n\n: comment", "data: a\n\n: comment\n", "\n", "data: a\r\n\r\n", ": c",
    ])
    func endBetweenEventsIsNotIncomplete(_ stream: String) throws {
        #expect(try !Self.parse([buffer(stream)]).parser.isIncomplete)
        #expect(try !Self.parse(stream.utf8.map { ByteBuffer(bytes: [$0]) }).parser.isIncomplete)
    }

    @Test func runningStreamIsNotIncomplete() throws {
        var parser = ServerSentEventParser()
        parser.append(buffer("data: a"))
        #expect(try parser.next() == nil)
        #expect(!parser.isIncomplete)
    }

    @Test(arguments: [1, 3, 64])
    func eventAboveTheLimitIsAnErrorThatStays(_ chunkSize: Int) throws {
        // "data: 12\n\n" has ten bytes.
        for (limit, isAllowed) in [(10, true), (9, false), (11, true)] {
            var parser = ServerSentEventParser(maximumEventBytes: limit)
            let bytes = [UInt8]("data: ok\n\ndata: 12\n\n".utf8)
            var count = 0
            var failure: ServerSentEventError?
            for start in stride(from: 0, to: bytes.count, by: chunkSize) {
                parser.append(ByteBuffer(bytes: bytes[start..<min(start + chunkSize, bytes.count)]))
                do throws(ServerSentEventError) {
                    while try parser.next() != nil { count += 1 }
                } catch {
                    failure = error
                }
            }
            #expect(count == (isAllowed ? 2 : 0))
            #expect(failure == (isAllowed ? nil : .eventTooLarge(limit: limit)))
            if !isAllowed {
                #expect(throws: ServerSentEventError.eventTooLarge(limit: limit)) { try parser.next() }
            }
        }
    }

    @Test func endlessLineIsStoppedAtTheLimit() throws {
        var parser = ServerSentEventParser(maximumEventBytes: 1000)
        for _ in 0..<1000 {
            parser.append(buffer("x"))
            #expect(try parser.next() == nil)
        }
        parser.append(buffer("x"))
        #expect(throws: ServerSentEventError.eventTooLarge(limit: 1000)) { try parser.next() }
    }

    @Test(.timeLimit(.minutes(1))) func workIsLinearInTheBytesForSingleBytesAndForABacklog() throws {
        // A parser that looks at every byte of an event again with each new one would look at 10^10 bytes here.
        let line = String(repeating: "x", count: 150_000)
        var parser = ServerSentEventParser()
        for byte in "data: \(line)\n\n".utf8 {
            parser.append(ByteBuffer(bytes: [byte]))
            if let event = try parser.next() { #expect(event.data.readableBytes == 150_000) }
        }
        let chunk = buffer(String(repeating: "data: y\n\n", count: 500))
        var count = 0
        for _ in 0..<100 {
            parser.append(chunk)
            if try parser.next() != nil { count += 1 }
        }
        while try parser.next() != nil { count += 1 }
        #expect(count == 50_000)
    }
}
