import SageLLM
import SageSessions
import Testing

@testable import SageGateway

struct ChatHistoryTests {
    private static let turns: [SageSessions.Message] = [
        Message(.system, "be brief"), Message(.user, "one"), Message(.assistant, "1"), Message(.user, "two"),
        Message(role: .assistant, parts: [.toolCall(ToolCall(id: "c", name: "t"))]),
        Message(role: .tool, parts: [.toolResult(ToolResult(callID: "c", text: "r"))]), Message(.assistant, "2"),
        Message(.user, "three"),
    ]

    @Test(arguments: [(100, [0, 1, 2, 3, 4, 5, 6, 7]), (7, [0, 3, 4, 5, 6, 7]), (3, [0, 7]), (1, [0, 7])])
    func turnsAreSentAsAWholeTheLatestFirst(_ messages: Int, _ places: [Int]) {
        let history = ChatHistory(Self.turns, maxTokens: 10_000, maxMessages: messages)
        #expect(history.messages == places.map { Self.turns[$0] })
        #expect(history.leftOut == Self.turns.count - places.count)
    }

    @Test func tokensCountToo() {
        let long = Message(.user, String(repeating: "word ", count: 1_000))
        let history = ChatHistory(
            [long, Message(.assistant, "a"), Message(.user, "b")], maxTokens: 100, maxMessages: 100)
        #expect(history.messages == [Message(.user, "b")])
        // The present turn is sent whatever its size: leaving it out would answer something else.
        #expect(ChatHistory([long], maxTokens: 100, maxMessages: 100).messages == [long])
    }

    @Test func messagesThatAreOneForTheProviderStayApartAndAnAnswerGoesOn() {
        let parts: [SageSessions.MessagePart] = [.text("What is 2"), .text("3 apples")]
        #expect(
            ChatMessages.json([Message(role: .user, parts: parts)])[0]["content"] == "What is 2\n\n3 apples")
        #expect(ChatMessages.json([Message(role: .assistant, parts: parts)])[0]["content"] == "What is 23 apples")
    }

    @Test func theFormIsThatOfChatCompletions() {
        let json = ChatMessages.json(Self.turns)
        #expect(json.count == Self.turns.count)
        #expect(json[4]["tool_calls"]?[0]?["function"]?["name"] == "t")
        #expect(json[4]["content"] == .null)
        #expect(json[5]["tool_call_id"] == "c")
        #expect(json[5]["content"] == "r")
        let broken = Message(role: .assistant, parts: [.toolCall(ToolCall(id: "c", name: "t", arguments: "{\"a"))])
        #expect(ChatMessages.json([broken])[0]["tool_calls"]?[0]?["function"]?["arguments"] == "{}")
    }
}
