import Testing

@testable import SageCLI

struct ChatInputTests {
    @Test(arguments: [
        ("", ChatInput.nothing), ("   \t", .nothing), (" hello \n", .message("hello")), ("/exit", .exit),
        ("/quit ", .exit), ("/help", .help), ("/new", .new), ("/session", .session), ("/exi t", .unknown("/exi")),
        ("//etc/hosts", .message("/etc/hosts")), ("a /exit", .message("a /exit")),
    ])
    func tellsMessagesFromCommands(line: String, expected: ChatInput) {
        #expect(ChatInput(line) == expected)
    }
}
