/// Shows a conversation in the terminal.
///
/// The answer goes to the standard output and everything about it to the standard error, so that a script gets the
/// answer alone.
struct ChatScreen {
    let style: TerminalStyle
    /// Whether the last character shown ended a line.
    private var isAtLineStart = true

    init(style: TerminalStyle) {
        self.style = style
    }

    /// Shows what happens.
    mutating func show(_ event: ChatTurn.Event) {
        switch event {
        case .session: break
        case .text(let text):
            Terminal.writeText(text.multilinePrintable)
            isAtLineStart = text.hasSuffix("\n")
        case .tool(let name): note("calling \(name.printable)", .plain)
        case .degraded(let what): note(what.printable, .warning)
        case .again(let reason): note("\(reason.printable); trying again", .warning)
        }
    }

    /// Ends the answer's last line.
    mutating func endLine() {
        if !isAtLineStart { Terminal.writeText("\n") }
        isAtLineStart = true
    }

    /// Shows a remark on a line of its own.
    mutating func note(_ text: String, _ tone: TerminalStyle.Tone) {
        endLine()
        Terminal.writeError(style.paint("[\(text)]", tone))
    }
}

extension String {
    /// The text without what could steer a terminal, its lines kept.
    var multilinePrintable: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n")
    }
}
