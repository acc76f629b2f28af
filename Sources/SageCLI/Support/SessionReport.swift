import SageLLM

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What is shown of conversations.
enum SessionReport {
    /// Conversations in columns.
    static func table(_ sessions: [JSONValue], now: Date, _ style: TerminalStyle) -> [String] {
        guard !sessions.isEmpty else { return ["There are no conversations."] }
        var table = TextTable(["SESSION", "STATE", .number("MESSAGES"), "CHANGED", "CREATED"])
        for session in sessions {
            table.append([
                TextTable.Cell(session["id"]?.stringValue ?? "-"), state(session["state"]),
                TextTable.Cell(session["message_count"]?.intValue.map(String.init) ?? "-"),
                TextTable.Cell(TimeText.ago(session["updated"], now: now)),
                TextTable.Cell(TimeText.ago(session["created"], now: now)),
            ])
        }
        return table.lines(style)
    }

    /// One conversation: its state, what is wrong with it, and what was said.
    static func page(_ session: JSONValue, now: Date, _ style: TerminalStyle) -> [String] {
        let id = session["id"]?.stringValue ?? "-"
        let state = state(session["state"])
        var lines = [
            "\(id.printable): \(style.paint(state.text, state.tone)), "
                + "\(session["message_count"]?.intValue ?? 0) messages, changed \(TimeText.ago(session["updated"], now: now))"
        ]
        lines += trouble(session["report"], style)
        for message in session["messages"]?.arrayValue ?? [] {
            lines += [""] + self.message(message, style)
        }
        return lines
    }

    /// What was done to a conversation, a line each.
    static func changes(_ changes: JSONValue?, _ what: String, _ style: TerminalStyle) -> [String] {
        (changes?.arrayValue ?? []).map { change in
            style.paint("\(what): \((change.stringValue ?? change.description).printable)", .warning)
        }
    }

    /// What a repair has done and found; nothing for an intact conversation.
    static func repair(_ answer: JSONValue, _ style: TerminalStyle) -> [String] {
        var lines: [String] = []
        let quarantined = answer["quarantined"]?.intValue ?? 0
        if quarantined > 0 { lines.append(style.paint("put aside: \(quarantined) records", .warning)) }
        lines += changes(answer["recorded"], "written down", style)
        if answer["recorded_interruption"]?.boolValue == true {
            lines.append(style.paint("marked as interrupted: the turn that nobody works on", .warning))
        }
        if answer["recounted"]?.boolValue == true { lines.append(style.paint("counted anew", .warning)) }
        return lines + trouble(answer["report"], style)
    }

    /// What loading a conversation found wrong, a line each; none for an intact one.
    static func trouble(_ report: JSONValue?, _ style: TerminalStyle) -> [String] {
        guard let report = report?.objectValue else { return [] }
        return report.compactMap { key, value -> String? in
            let isNothing =
                switch value {
                case .null: true
                case .integer(let count): count == 0
                case .array(let items): items.isEmpty
                case .bool(let isSet): !isSet
                default: false
                }
            guard !isNothing, key != "recovered" else { return nil }
            return style.paint("\(key.replacing("_", with: " ").printable): \(value.description.printable)", .warning)
        }
    }

    /// A message with its role as a heading.
    private static func message(_ message: JSONValue, _ style: TerminalStyle) -> [String] {
        let isInterrupted = message["interrupted"]?.boolValue == true
        let role = (message["role"]?.stringValue ?? "-").printable
        var lines = [style.paint(role + (isInterrupted ? " (interrupted)" : ""), isInterrupted ? .warning : .heading)]
        switch message["content"] {
        case .string(let text): lines += text.split(separator: "\n", omittingEmptySubsequences: false).map(line)
        case .array(let parts): lines += parts.flatMap(part)
        default: break
        }
        for call in message["tool_calls"]?.arrayValue ?? [] {
            let function = call["function"]
            lines.append(
                "-> \((function?["name"]?.stringValue ?? "-").printable) "
                    + "\((function?["arguments"]?.stringValue ?? "").printable)")
        }
        return lines
    }

    private static func part(_ part: JSONValue) -> [String] {
        if let text = part["text"]?.stringValue {
            return text.split(separator: "\n", omittingEmptySubsequences: false).map(line)
        }
        return ["[\((part["type"]?.stringValue ?? "part").printable)]"]
    }

    private static func line(_ text: Substring) -> String { String(text).printable }

    private static func state(_ value: JSONValue?) -> TextTable.Cell {
        let state = value?.stringValue ?? "-"
        let tone: TerminalStyle.Tone =
            switch state {
            case "running": .good
            case "interrupted": .warning
            default: .plain
            }
        return TextTable.Cell(state, tone)
    }
}
