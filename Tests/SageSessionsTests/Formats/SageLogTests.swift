import SageSessions
import SageTesting
import Testing

struct SageLogTests {
    static let text = "{\"format\":\"sage-conversation\",\"session_id\":\"s\",\"version\":1}\n{\"entries\":0}\n"

    static func log(seed: UInt64) -> [LogEntry] {
        var random = RandomLog(seed: seed)
        return random.entries(20).map { LogEntry(seq: $0.seq, id: $0.id, $0.payload, epoch: 2, createdAt: $0.seq * 7) }
    }

    @Test("in and out again without loss", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let log = Self.log(seed: seed)
        let bytes = try ConversationExport.write(
            log, format: .sage, options: .init(sessionID: "a\u{301}/\"\n", savedAt: 5))
        #expect(bytes.count { $0 == 0x0A } == log.count + 2)
        let conversation = try ConversationImport.read(bytes, format: .sage)
        #expect(conversation.log == log)
        #expect(conversation.sessionID?.hasSameBytes(as: "a\u{301}/\"\n") ?? false)
        #expect(conversation.report.changes == [])
        #expect(conversation.report.count == log.count)
    }

    @Test func aPayloadThatIsNoJSONComesBackToo() throws {
        let log = [
            LogEntry(
                seq: 1, id: "a", kind: "later", payload: Array("{ \"kind\" : \"later\" }\n".utf8), epoch: 1,
                createdAt: 1),
            LogEntry(seq: 2, id: "b", kind: "x", payload: [0xFF, 0, 0x0A], epoch: 1, createdAt: 1),
            LogEntry(seq: 3, id: "c", kind: "x", payload: [], epoch: 1, createdAt: 1),
        ]
        let bytes = try ConversationExport.write(log, format: .sage)
        #expect(try ConversationImport.read(bytes, format: .sage).log == log)
    }

    @Test("claude-code#53821: a torn tail costs the tail")
    func everyCutIsReportedAndKeepsWhatCameBefore() throws {
        let log = Array(Self.log(seed: 3)[..<6])
        let bytes = try ConversationExport.write(log, format: .sage)
        let header = try #require(bytes.firstIndex(of: 0x0A))
        for cut in stride(from: header + 1, to: bytes.count - 1, by: 3) {
            let conversation = try ConversationImport.read(Array(bytes[..<cut]), format: .sage)
            let whole = bytes[..<cut].count { $0 == 0x0A } - 1
            // The line feed alone may be what is missing.
            #expect(conversation.log.count == whole || conversation.log.count == whole + 1)
            #expect(conversation.log == Array(log[..<conversation.log.count]))
            #expect(conversation.report.changeCounts[.missingEntries] == 1)
        }
    }

    @Test func aChangedLineIsLeftOutAndTheRestComes() throws {
        let log = Array(Self.log(seed: 3)[..<6])
        var lines = try ConversationExport.write(log, format: .sage).split(separator: 0x0A).map(Array.init)
        let text = String(decoding: lines[2], as: UTF8.self)
        lines[2] = Array(text.replacing("\"epoch\":2", with: "\"epoch\":3").utf8)
        lines[3] = Array("garbage".utf8)
        lines[4] = lines[1]
        let bytes = Array(lines.joined(separator: [0x0A]))
        let conversation = try ConversationImport.read(bytes, format: .sage)
        #expect(conversation.log.map(\.seq) == [1, 5, 6])
        #expect(
            conversation.report.changeCounts
                == [.wrongChecksum: 1, .brokenLine: 1, .duplicateEntry: 1, .missingEntries: 1])
    }

    @Test(
        arguments: [
            ("", "sage: line 1: the file is empty"), ("hello\n", "sage: line 1: the file is no JSON"),
            ("{}\n", "sage: line 1: format is missing; allowed is \"sage-conversation\""),
            (
                "{\"format\":\"sage-conversation\",\"version\":2}\n",
                "sage: line 1: version is 2; allowed is 1 to 1; a later version"
            ),
        ])
    func aWrongFileIsRefused(text: String, start: String) {
        let error = #expect(throws: FormatError.self) {
            try ConversationImport.read(Array(text.utf8), format: .sage)
        }
        #expect(error?.description.hasPrefix(start) ?? false, "\(error?.description ?? "")")
    }

    @Test(arguments: [1, 2, 7, 64, 100_000])
    func linesAreCutFromPiecesOfAnySize(size: Int) throws {
        let bytes = Array("one\n\nthree\nrest".utf8)
        var reader = LineReader(maximumLineBytes: 10)
        var lines: [LineReader.Line] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.append(Array(bytes[start..<min(start + size, bytes.count)]))
            while let line = try reader.next() { lines.append(line) }
        }
        if let line = reader.rest() { lines.append(line) }
        #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["one", "", "three", "rest"])
        #expect(lines.map(\.number) == [1, 2, 3, 4])
        #expect(lines.map(\.isEnded) == [true, true, true, false])
        reader.append(Array(repeating: 0x61, count: 11))
        #expect(throws: LineTooLongError.self) { try reader.next() }
    }
}
