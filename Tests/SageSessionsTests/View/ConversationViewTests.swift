import SageSessions
import Testing

struct ConversationViewTests {
    static func log(_ payloads: EntryPayload...) -> [DecodedEntry] {
        payloads.enumerated().map { DecodedEntry(seq: Int64($0 + 1), id: "e\($0)", payload: $1) }
    }

    static let read = ToolCall(id: "c1", name: "read")
    static let write = ToolCall(id: "c2", name: "write")
    static let question = EntryPayload.message(Message(.user, "q"))
    static let asks = EntryPayload.message(Message(role: .assistant, parts: [.text("let me see"), .toolCall(read)]))
    static let asksTwice = EntryPayload.message(
        Message(role: .assistant, parts: [.toolCall(read), .toolCall(write)]))
    static let lost = ToolResult(callID: "c1", text: ConversationView.interruptedText, isError: true)
    static func done(_ id: String = "c1", _ text: String = "r") -> EntryPayload {
        .toolFinished(turn: "t", result: ToolResult(callID: id, text: text))
    }
    static func results(_ results: ToolResult...) -> Message {
        Message(role: .tool, parts: results.map { .toolResult($0) })
    }
    static func said(_ text: String, isInterrupted: Bool = false) -> Message {
        Message(role: .assistant, parts: [.text(text)], isInterrupted: isInterrupted)
    }

    @Test func aWholeTurnIsShownAsItIs() {
        let view = ConversationView(
            entries: Self.log(
                .turnBegan(turn: "t"), Self.question, .partial(turn: "t", text: "let me"), Self.asks,
                .toolStarted(turn: "t", call: Self.read, isRepeatable: true), Self.done(),
                .partial(turn: "t", text: "it "), .partial(turn: "t", text: "is"),
                .turnEnded(TurnEnd(turn: "t", answer: Message(.assistant, "it is so"), outcome: .completed))))
        #expect(
            view.messages == [
                Message(.user, "q"),
                Message(role: .assistant, parts: [.text("let me see"), .toolCall(Self.read)]),
                Self.results(ToolResult(callID: "c1", text: "r")), Self.said("it is so"),
            ])
        #expect(view.repairs == [])
        #expect(view.unfinishedCalls == [])
    }

    @Test("claude-code#473, #2105: a call without a result")
    func aCallWithoutAResultGetsOne() {
        let view = ConversationView(
            entries: Self.log(
                Self.question, Self.asks, .toolStarted(turn: "t", call: Self.read, isRepeatable: true),
                .interrupted(turn: "t", reason: "killed"), .message(Message(.user, "go on"))))
        #expect(view.messages[2...] == [Self.results(Self.lost), Message(.user, "go on")])
        #expect(view.repairs == [ViewRepair(.synthesizedResult, seq: 2)])
        #expect(view.unfinishedCalls == [UnfinishedCall(call: Self.read, turn: "t", isRepeatable: true)])
        #expect(!view.needsDecision)
        #expect(view.callsToRerun == [])
    }

    @Test func ofParallelCallsOnlyTheUnfinishedGetsASyntheticResult() {
        let view = ConversationView(entries: Self.log(Self.question, Self.asksTwice, Self.done("c2")))
        #expect(view.messages[2] == Self.results(Self.lost, ToolResult(callID: "c2", text: "r")))
    }

    @Test(
        arguments: [
            (ViewPolicy.UnfinishedCalls.synthesize, false, 0), (.ask, true, 0), (.rerunIfRepeatable, false, 1),
        ])
    func thePoliciesNameWhatIsToBeDone(policy: ViewPolicy.UnfinishedCalls, decides: Bool, reruns: Int) {
        let view = ConversationView(
            entries: Self.log(
                Self.question, Self.asksTwice, .toolStarted(turn: "t", call: Self.read, isRepeatable: true),
                .toolStarted(turn: "t", call: Self.write, isRepeatable: false)),
            policy: ViewPolicy(unfinishedCalls: policy))
        #expect(view.unfinishedCalls.map(\.isRepeatable) == [true, false])
        #expect(view.unfinishedCalls.map(\.wasStarted) == [true, true])
        #expect(view.needsDecision == decides)
        #expect(view.callsToRerun.map(\.call) == (reruns == 1 ? [Self.read] : []))
        #expect(view.messages.last?.toolResults.count == 2)
    }

    @Test func aPairIsDroppedWhenThePolicySaysSo() {
        let policy = ViewPolicy(unfinishedCalls: .dropPair)
        let view = ConversationView(entries: Self.log(Self.question, Self.asksTwice, Self.done("c2")), policy: policy)
        #expect(
            view.messages[1...] == [
                Message(role: .assistant, parts: [.toolCall(Self.write)]),
                Self.results(ToolResult(callID: "c2", text: "r")),
            ])
        let alone = ConversationView(
            entries: Self.log(
                Self.question, .message(Message(role: .assistant, parts: [.toolCall(Self.read)])),
                .message(Message(.user, "and?"))),
            policy: policy)
        #expect(alone.messages == [Message(role: .user, parts: [.text("q"), .text("and?")])])
    }

    @Test func aRerunReplacesTheSyntheticResult() {
        let entries = Self.log(
            Self.question, Self.asks, .toolStarted(turn: "t", call: Self.read, isRepeatable: true),
            .interrupted(turn: "t", reason: "killed"), .toolStarted(turn: "t", call: Self.read, isRepeatable: true),
            Self.done())
        let view = ConversationView(entries: entries)
        #expect(view.messages.last == Self.results(ToolResult(callID: "c1", text: "r")))
        #expect(view.repairs == [])
    }

    @Test("OpenAI Agents SDK #4827: a result without a call")
    func anOrphanResultIsLeftOut() {
        let view = ConversationView(
            entries: Self.log(Self.done("c9"), Self.question, Self.done("c1"), .message(Message(.assistant, "a"))))
        #expect(view.messages == [Message(.user, "q"), Self.said("a")])
        #expect(view.repairCounts == [.orphanResult: 2])
    }

    @Test func aResultAfterTheNextAnswerIsTooLate() {
        let view = ConversationView(
            entries: Self.log(
                Self.question, Self.asks, .turnBegan(turn: "u"), .message(Message(.user, "well?")),
                .message(Message(.assistant, "a")), Self.done()))
        #expect(view.messages[2] == Self.results(Self.lost))
        #expect(view.repairCounts == [.synthesizedResult: 1, .orphanResult: 1])
    }

    @Test func ofTwoResultsTheFirstCounts() {
        let view = ConversationView(
            entries: Self.log(Self.question, Self.asks, Self.done("c1", "first"), Self.done("c1", "second")))
        #expect(view.messages[2] == Self.results(ToolResult(callID: "c1", text: "first")))
        #expect(view.repairCounts == [.duplicateResult: 1])
    }

    @Test func aResultBehindAUserMessageMovesToItsCall() {
        let view = ConversationView(
            entries: Self.log(Self.question, Self.asks, .message(Message(.user, "hurry")), Self.done()))
        #expect(view.messages.map(\.role) == [.user, .assistant, .tool, .user])
        #expect(view.messages[2] == Self.results(ToolResult(callID: "c1", text: "r")))
        #expect(view.repairCounts == [.movedResult: 1])
    }

    @Test("claude-code#24304: an id that is used twice")
    func anIDThatIsUsedTwiceIsRenamed() throws {
        let view = ConversationView(
            entries: Self.log(
                Self.question, Self.asks, Self.done("c1", "one"), Self.asks, Self.done("c1", "two"), Self.question))
        try #require(view.messages.count == 6)
        #expect(view.messages[3].toolCalls.map(\.id) == ["sage-4-2"])
        #expect(view.messages[4] == Self.results(ToolResult(callID: "sage-4-2", text: "two")))
        #expect(view.repairCounts == [.renamedCall: 1])
    }

    @Test func idsThatDifferInNormalisationAloneAreDifferent() {
        let calls = ["caf\u{E9}", "cafe\u{301}"].map { ToolCall(id: $0, name: "f") }
        let view = ConversationView(
            entries: Self.log(
                Self.question, .message(Message(role: .assistant, parts: calls.map { .toolCall($0) })),
                Self.done("cafe\u{301}", "second"), Self.done("caf\u{E9}", "first")))
        #expect(view.messages[2].toolResults.map(\.text) == ["first", "second"])
    }

    @Test("a recorded intent in no message: the tool ran, the answer was never written")
    func aRecordedCallGetsAMessage() {
        let view = ConversationView(
            entries: Self.log(
                .turnBegan(turn: "t"), Self.question, .partial(turn: "t", text: "let me see"),
                .toolStarted(turn: "t", call: Self.read, isRepeatable: false),
                .toolStarted(turn: "t", call: Self.write, isRepeatable: false), Self.done("c2")))
        #expect(view.messages.map(\.role) == [.user, .assistant, .tool])
        #expect(view.messages[1].toolCalls == [Self.read, Self.write])
        #expect(view.messages[2] == Self.results(Self.lost, ToolResult(callID: "c2", text: "r")))
        #expect(view.repairCounts[.recoveredCall] == 2)
    }

    @Test(
        arguments: [
            EntryPayload.interrupted(turn: "t", reason: "killed"), .turnEnded(TurnEnd(turn: "t", outcome: .failed)),
            .turnEnded(TurnEnd(turn: "t", outcome: .cancelled)), .note(JSONText.null),
        ])
    func aPartialAnswerIsKeptAndMarked(end: EntryPayload) {
        let view = ConversationView(
            entries: Self.log(
                .turnBegan(turn: "t"), Self.question, .partial(turn: "t", text: "so "),
                .partial(turn: "t", text: "far "), end))
        #expect(view.messages == [Message(.user, "q"), Self.said("so far", isInterrupted: true)])
        #expect(view.repairCounts == [.partialAnswer: 1, .trimmedAnswer: 1])
    }

    @Test func aFailedTurnKeepsItsQuestionAndWhatThereIsOfAnAnswer() {
        let view = ConversationView(
            entries: Self.log(
                .turnBegan(turn: "t"), Self.question,
                .turnEnded(TurnEnd(turn: "t", outcome: .failed, error: "no provider")), .turnBegan(turn: "u"),
                .message(Message(.user, "again")),
                .turnEnded(TurnEnd(turn: "u", answer: Message(.assistant, "half"), outcome: .cancelled))))
        #expect(
            view.messages == [
                Message(role: .user, parts: [.text("q"), .text("again")]), Self.said("half", isInterrupted: true),
            ])
        #expect(view.repairCounts == [.mergedMessages: 1])
    }

    @Test func anAnswerThatStandsInTheLogTwiceIsShownOnce() {
        let view = ConversationView(
            entries: Self.log(
                .turnBegan(turn: "t"), Self.question, .message(Message(.assistant, "a")),
                .turnEnded(TurnEnd(turn: "t", answer: Message(.assistant, "a"), outcome: .completed))))
        #expect(view.messages == [Message(.user, "q"), Self.said("a")])
        #expect(view.repairCounts == [.duplicateAnswer: 1])
    }

    @Test func thoughtsWithoutASignatureAreLeftOut() {
        let view = ConversationView(
            entries: Self.log(
                Self.question,
                .message(
                    Message(
                        role: .assistant,
                        parts: [
                            .thinking(text: "cut", signature: nil), .thinking(text: "whole", signature: "s"),
                            .text("a"),
                            .thinking(text: "last", signature: "s"),
                        ]))))
        #expect(view.messages[1].parts == [.thinking(text: "whole", signature: "s"), .text("a")])
        #expect(view.repairCounts == [.droppedThinking: 2])
    }

    @Test(
        arguments: [
            ("", "{}"), ("  ", "{}"), ("{\"path\": \"/a", #"{"broken_arguments":"{\"path\": \"/a"}"#),
            ("[1]", #"{"broken_arguments":"[1]"}"#), (#"{ "a": 1 }"#, #"{ "a": 1 }"#),
        ])
    func argumentsAreAnObject(arguments: String, expected: String) {
        let call = ToolCall(id: "c1", name: "f", arguments: arguments)
        let view = ConversationView(
            entries: Self.log(Self.question, .message(Message(role: .assistant, parts: [.toolCall(call)]))))
        #expect(view.messages[1].toolCalls.map(\.arguments) == [expected])
    }

    @Test func anAnswerInSeveralMessagesIsOne() {
        let view = ConversationView(
            entries: Self.log(
                Self.question, .message(Message(.assistant, "let me see")),
                .message(Message(role: .assistant, parts: [.toolCall(Self.read)])),
                .message(Message(role: .assistant, parts: [.toolCall(Self.write)])), Self.done("c1"), Self.done("c2")))
        #expect(view.messages.map(\.role) == [.user, .assistant, .tool])
        #expect(view.messages[1].toolCalls == [Self.read, Self.write])
        #expect(view.repairCounts == [.mergedMessages: 2])
    }

    @Test func picturesAmongResultsFollowThem() {
        let picture = MessagePart.image(ImagePart(mediaType: "image/png", source: .data("AAAA")))
        let view = ConversationView(
            entries: Self.log(
                Self.question, Self.asks,
                .message(
                    Message(role: .tool, parts: [.toolResult(ToolResult(callID: "c1", text: "r")), picture]))))
        #expect(view.messages.map(\.role) == [.user, .assistant, .tool, .user])
        #expect(view.messages[3].parts == [picture])
    }

    @Test func aConversationThatBeginsWithAnAnswerGetsABeginning() {
        let view = ConversationView(
            entries: Self.log(.message(Message(.system, "s")), .message(Message(.assistant, "hello"))))
        #expect(
            view.messages == [
                Message(.system, "s"), Message(.user, ConversationView.missingBeginningText), Self.said("hello"),
            ])
    }

    @Test func anEntryThatCannotBeReadIsLeftOutAndReported() {
        let entries = [
            LogEntry(seq: 1, id: "a", .message(Message(.user, "q")), epoch: 1, createdAt: 0),
            LogEntry(seq: 2, id: "b", kind: "message", payload: Array("{\"ki".utf8), epoch: 1, createdAt: 0),
            LogEntry(seq: 3, id: "c", .message(Message(.assistant, "a")), epoch: 1, createdAt: 0),
        ]
        let view = ConversationView(entries: entries)
        #expect(view.messages == [Message(.user, "q"), Self.said("a")])
        #expect(view.repairs == [ViewRepair(.unreadableEntry, seq: 2)])
    }

    @Test func theEmptyLogGivesAnEmptyView() {
        let view = ConversationView(entries: [DecodedEntry]())
        #expect(view.messages.isEmpty)
        #expect(view.stableCount == 0)
    }
}
