import SageSessions
import SageTesting
import Testing

struct ClaudeLinesTests {
    static let lines = [
        #"{"type":"summary","summary":"x","leafUuid":"u9"}"#,
        #"{"type":"user","uuid":"u1","parentUuid":null,"sessionId":"s1","timestamp":"2025-06-01T12:00:00.250Z","message":{"role":"user","content":"list the files"}}"#,
        #"{"type":"progress","uuid":"p1","parentUuid":"u1"}"#,
        #"{"type":"assistant","uuid":"u2","parentUuid":"p1","timestamp":"2025-06-01T14:00:01+02:00","message":{"id":"m1","role":"assistant","content":[{"type":"text","text":"let me see"}],"usage":{"input_tokens":1}}}"#,
        #"{"type":"assistant","uuid":"u3","parentUuid":"u2","message":{"id":"m1","role":"assistant","content":[{"type":"tool_use","id":"t1","name":"ls","input":{}}]}}"#,
        #"{"type":"assistant","uuid":"x1","isSidechain":true,"message":{"role":"assistant","content":"aside"}}"#,
        #"{"type":"user","uuid":"u4","parentUuid":"u3","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"a b"}]}}"#,
        #"{"type":"assistant","uuid":"u5","parentUuid":"u4","message":{"role":"assistant","content":"two files"}}"#,
    ]
    static let text = lines.joined(separator: "\n") + "\n"

    static func read(_ text: String) throws -> ImportedConversation {
        try ConversationImport.read(Array(text.utf8), format: .claude)
    }

    @Test func messagesComeInTheOrderOfTheLines() throws {
        let conversation = try Self.read(Self.text)
        #expect(conversation.sessionID == "s1")
        #expect(conversation.entries.map(\.id) == [nil, "u1", "u2", "u3", "u4", "u5"])
        #expect(conversation.entries[1].createdAt == 1_748_779_200_250)
        #expect(conversation.entries[2].createdAt == 1_748_779_201_000)
        #expect(conversation.report.changeCounts == [.skippedLine: 3])
        let view = ConversationView(entries: SnapshotTests.log(conversation))
        #expect(view.messages.map(\.role) == [.user, .assistant, .tool, .assistant])
        #expect(view.messages[1].toolCalls.map(\.id) == ["t1"])
        #expect(view.repairCounts == [.mergedMessages: 1])
    }

    @Test("claude-code#53821: a torn last line")
    func aTornTailCostsTheTail() throws {
        let torn = Self.text + #"{"type":"assistant","uuid":"u6","mess"#
        let conversation = try Self.read(torn)
        #expect(conversation.messages.count == 5)
        #expect(conversation.report.changeCounts[.tornLine] == 1)
    }

    @Test("claude-code#58554, #35024, #37437: chains of parents that break")
    func danglingParentsLoseNothing() throws {
        let text = Self.lines.enumerated().filter { $0.offset != 3 && $0.offset != 1 }.map(\.element)
            .joined(separator: "\n")
        let conversation = try Self.read(text)
        #expect(conversation.messages.count == 3)
        #expect(conversation.report.changeCounts[.danglingParent] == 1)
        #expect(ViewLegality.violations(in: ConversationView(entries: SnapshotTests.log(conversation)).messages) == [])
    }

    @Test("claude-code#94408: a run of NUL where a block was never written")
    func runsOfNULAreSkipped() throws {
        let text = Self.lines[1] + "\n\0\0\0\0\0\n\0\0" + Self.lines[7] + "\n"
        let conversation = try Self.read(text)
        #expect(conversation.messages.map(\.text) == ["list the files", "two files"])
        #expect(conversation.report.changeCounts[.cleanedText] == 2)
    }

    @Test func linesThatAreThereTwiceCountOnce() throws {
        let conversation = try Self.read(Self.text + Self.text)
        #expect(conversation.messages.count == 5)
        #expect(conversation.report.changeCounts[.duplicateEntry] == 5)
    }

    @Test func aBrokenLineCostsThatLine() throws {
        var lines = Self.lines
        lines[3] = "{\"type\":"
        lines[4] = #"{"type":"assistant","uuid":"u3","message":{"role":"assistant","content":7}}"#
        let conversation = try Self.read(lines.joined(separator: "\n"))
        #expect(conversation.report.changeCounts[.brokenLine] == 2)
        let view = ConversationView(entries: SnapshotTests.log(conversation))
        #expect(view.repairCounts == [.orphanResult: 1])
        #expect(view.messages.map(\.text) == ["list the files", "two files"])
    }

    @Test func anIDThatIsNoneIsReplaced() throws {
        let text = #"{"type":"user","uuid":"","message":{"role":"user","content":"x"}}"#
        let conversation = try Self.read(text)
        #expect(conversation.entries[1].id == nil)
        #expect(conversation.report.changeCounts == [.refusedID: 1])
    }

    @Test(arguments: ["", "\n\n", "hello", "{}", "[]", #"{"role":"user"}"#])
    func aWrongFileIsRefused(text: String) {
        let error = #expect(throws: FormatError.self) { try Self.read(text) }
        #expect(error?.description.contains("allowed is lines of JSON with a type") ?? false)
    }
}

struct ImportFuzzTests {
    static let seeds: [(ConversationFormat, String)] =
        ProviderFormatTests.all + SnapshotTests.snapshots.map { (.snapshot, $0) }
        + [(.claude, ClaudeLinesTests.text), (.sage, SageLogTests.text)]

    @Test("whatever happened to a file: an error or a conversation with a legal view", arguments: seeds)
    func mutatedFilesNeverCrash(format: ConversationFormat, text: String) throws {
        var random = SeededGenerator(seed: 66)
        for _ in 0..<150 {
            let bytes = random.mutate(Array(text.utf8))
            _ = ConversationFormat.detect(bytes)
            guard let conversation = try? ConversationImport.read(bytes, format: format) else { continue }
            let log = SnapshotTests.log(conversation)
            #expect(ViewLegality.violations(in: ConversationView(entries: log).messages).isEmpty)
            for target in ConversationFormat.allCases where target != .claude {
                let written = try ConversationExport.write(log, format: target, options: .init(isFaithful: true))
                #expect((try? ConversationImport.read(written, format: target)) != nil, "\(target)")
            }
        }
    }

    @Test func damagedExportsGiveWhatIsWhole() throws {
        var random = SeededGenerator(seed: 67)
        let log = SageLogTests.log(seed: 5)
        let bytes = try ConversationExport.write(log, format: .sage)
        for _ in 0..<300 {
            guard let conversation = try? ConversationImport.read(random.mutate(bytes), format: .sage) else { continue }
            // Whatever comes through its checksum is an entry that was written.
            #expect(Set(conversation.log).isSubset(of: log))
        }
    }
}
