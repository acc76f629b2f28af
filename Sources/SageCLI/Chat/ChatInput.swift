/// What a line of a conversation in the terminal asks for.
enum ChatInput: Hashable {
    case nothing
    case message(String)
    case exit
    case help
    case session
    case new
    case unknown(String)

    /// The commands, for `/help`.
    static let helpText = """
        /exit     ends the conversation, as the end of the input does
        /new      begins another conversation
        /session  prints the id of this one
        //        at the beginning of a line sends a message that begins with /
        """

    init(_ line: String) {
        let text = line.trimmingCharacters
        guard !text.isEmpty else {
            self = .nothing
            return
        }
        guard text.hasPrefix("/"), !text.hasPrefix("//") else {
            self = .message(text.hasPrefix("//") ? String(text.dropFirst()) : text)
            return
        }
        switch text {
        case "/exit", "/quit": self = .exit
        case "/help", "/?": self = .help
        case "/session": self = .session
        case "/new": self = .new
        default: self = .unknown(String(text.prefix { !$0.isWhitespace }))
        }
    }
}

extension String {
    /// The text without white space around it.
    fileprivate var trimmingCharacters: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
