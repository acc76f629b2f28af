import ArgumentParser
import HTTPTypes
import SageGateway
import SageLLM
import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage chat`.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk to a model in the terminal; the conversation survives a crash of either side.",
        discussion: """
            With a message it prints the answer and ends; without one it reads messages line by line until the end of \
            the input or /exit. The conversation is kept by the server: when the connection breaks or the server is \
            restarted, the turn is taken up again, and nothing is asked or paid for twice. With --session a later \
            call goes on with the same conversation; --resume finishes a turn that was cut off.

            Examples:
              sage chat 'What is a circuit breaker?'
              sage chat --session support-4711 --model smart
              sage chat --resume
              git diff | sage chat 'Review this change.'
            """)

    @Option(name: [.short, .long], help: "The id of the conversation: any text. (default: a new one)")
    var session: String?

    @Option(name: [.short, .long], help: "The model to ask. (default: the server's)")
    var model: String?

    @Flag(help: "Finish the turn that was cut off: of --session, else of the conversation interrupted last.")
    var resume = false

    @Flag(help: "Neither recall memories for the answer nor remember it.")
    var noMemory = false

    @OptionGroup var server: ServerOptions

    @Argument(help: "The message; what the standard input has is added to it, unless it is a terminal.")
    var message: [String] = []

    /// The largest message that is read from the standard input.
    private static let inputLimit = 16 << 20

    func validate() throws {
        if let session, session.isEmpty || session.utf8.contains(0) {
            throw ValidationError("--session is empty or has a NUL character; allowed is any other text")
        }
        if resume, !message.isEmpty {
            throw ValidationError("--resume takes no message: it finishes the turn that has one already")
        }
    }

    func run() async throws {
        let retry = try RetryPolicy.exponential(
            "chat", initialDelay: .milliseconds(250), maxDelay: .seconds(5), maxRetries: 20)
        try await server.withClient { client in
            let turn = ChatTurn(client: client, retry: retry)
            if resume {
                let id = try await interruptedSession(client)
                var hasBegun = true
                try await ask(turn, id, nil, isKnown: true, &hasBegun)
                if !Terminal.isInputTerminal || server.json { return }
                try await converse(turn, id, hasBegun: hasBegun)
            } else if let text = try text() {
                let id = id()
                var hasBegun = false
                // What the server has of a turn that fails can be gone on with too.
                defer { if hasBegun { tellHow(id) } }
                try await ask(turn, id, text, isKnown: false, &hasBegun)
            } else {
                try await converse(turn, id())
            }
        }
    }

    private func id() -> String { session ?? "chat-\(UUID().uuidString.lowercased())" }

    /// The message of a call that asks once; nil for a conversation.
    private func text() throws -> String? {
        let words = message.joined(separator: " ")
        if Terminal.isInputTerminal { return words.isEmpty ? nil : words }
        guard !words.isEmpty else { return nil }
        let input = String(decoding: try Terminal.readInput(limit: Self.inputLimit), as: UTF8.self)
        return input.isEmpty ? words : "\(words)\n\n\(input)"
    }

    private func interruptedSession(_ client: ServerClient) async throws -> String {
        if let session { return session }
        let answer = try await client.json(.get, "/sessions?state=interrupted&limit=1")
        guard let id = answer["sessions"]?[0]?["id"]?.stringValue else {
            throw CommandFailure(.failed, "no conversation is interrupted")
        }
        return id
    }

    /// Runs one turn and shows it.
    ///
    /// - Parameter hasBegun: Becomes true when the server has the conversation.
    private func ask(
        _ turn: ChatTurn, _ session: String, _ message: String?, isKnown: Bool, _ hasBegun: inout Bool
    ) async throws {
        var screen = ChatScreen(style: .standardOutput)
        let request = ChatTurn.Request(
            session: session, message: message, model: model, usesMemory: !noMemory,
            key: UUID().uuidString.lowercased(), isServerKnown: isKnown)
        let answer: JSONValue
        do {
            answer = try await turn.run(request) { event in
                if case .session = event { hasBegun = true }
                if !server.json { screen.show(event) }
            }
        } catch {
            screen.endLine()
            throw error
        }
        guard !server.json else {
            Terminal.write(answer.indented)
            return
        }
        screen.endLine()
    }

    /// Tells how to go on with a conversation whose id the user has not chosen.
    private func tellHow(_ id: String) {
        guard session == nil, !server.json else { return }
        Terminal.writeError("Go on with: sage chat --session \(id.printable)")
    }

    /// Reads messages and shows their answers until there are no more.
    private func converse(_ turn: ChatTurn, _ first: String, hasBegun: Bool = false) async throws {
        var (session, isKnown, hasBegun) = (first, false, hasBegun)
        let isInteractive = Terminal.isInputTerminal
        if isInteractive { Terminal.writeError("Conversation \(session.printable). /help lists the commands.") }
        while true {
            if isInteractive { Terminal.writeText("> ", to: .error) }
            guard let line = readLine() else { break }
            switch ChatInput(line) {
            case .nothing: continue
            case .exit: return
            case .help: Terminal.writeError(ChatInput.helpText)
            case .session: Terminal.writeError(session.printable)
            case .new:
                session = "chat-\(UUID().uuidString.lowercased())"
                hasBegun = false
                Terminal.writeError("Conversation \(session.printable).")
            case .unknown(let command): Terminal.writeError("\(command.printable) is no command; /help lists them")
            case .message(let text):
                do {
                    try await ask(turn, session, text, isKnown: isKnown, &hasBegun)
                    isKnown = true
                } catch let failure as CommandFailure where isInteractive && failure.status != .unreachable {
                    failure.report()
                }
            }
        }
        if isInteractive, hasBegun { Terminal.writeError("\nGo on with: sage chat --session \(session.printable)") }
    }
}
