#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Whether and how output is coloured.
struct TerminalStyle: Sendable, Hashable {
    /// What a piece of text means.
    enum Tone: Sendable, Hashable {
        case plain, heading, good, warning, bad
    }

    /// Whether text is coloured at all.
    let isColoured: Bool

    /// No colours.
    static let plain = TerminalStyle(isColoured: false)

    init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    /// Colours on a terminal, unless `NO_COLOR` is set to anything (no-color.org) or the terminal knows no colours.
    init(isTerminal: Bool, environment: [String: String]) {
        isColoured = isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }

    /// The style for what this process writes to its standard output.
    static var standardOutput: TerminalStyle {
        TerminalStyle(isTerminal: Terminal.isTerminal, environment: ProcessInfo.processInfo.environment)
    }

    /// The text in the colour of its meaning.
    func paint(_ text: String, _ tone: Tone) -> String {
        guard isColoured, !text.isEmpty else { return text }
        let code =
            switch tone {
            case .plain: ""
            case .heading: "1"
            case .good: "32"
            case .warning: "33"
            case .bad: "31"
            }
        return code.isEmpty ? text : "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
