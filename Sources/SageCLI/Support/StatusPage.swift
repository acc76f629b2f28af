import SageLLM

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The answer of `GET /status` as text.
///
/// Whatever the server leaves out, an older or newer one perhaps, shows as `-`.
struct StatusPage {
    let status: JSONValue
    /// Where the answer came from.
    let address: String
    /// The present, from which ages are counted.
    let now: Date

    /// Whether a document is a status of Sage.
    static func isStatus(_ value: JSONValue) -> Bool {
        value["status"]?.stringValue != nil && value["targets"]?.arrayValue != nil
    }

    /// The page, line by line.
    func lines(_ style: TerminalStyle) -> [String] {
        var lines = [heading(style)]
        if let error = status["config"]?["last_reload"]?["error"]?.stringValue {
            lines.append(style.paint("the last reload of the configuration failed: \(error.printable)", .warning))
        }
        let targets = status["targets"]?.arrayValue ?? []
        lines.append("")
        lines += targets.isEmpty ? ["There are no targets."] : targetTable(targets).lines(style)
        for section in ["limiters", "bulkheads", "stores", "supervisors"] {
            guard let rows = status[section]?.arrayValue, let table = Self.table(of: rows, named: section) else {
                continue
            }
            lines += [""] + table.lines(style)
        }
        return lines
    }

    private func heading(_ style: TerminalStyle) -> String {
        let health = status["status"]?.stringValue ?? "-"
        let tone: TerminalStyle.Tone =
            switch health {
            case "healthy": .good
            case "degraded": .warning
            case "unhealthy": .bad
            default: .plain
            }
        let version = status["version"]?.stringValue.map { " \($0.printable)" } ?? ""
        // Beyond what a `Duration` holds, nothing sensible is meant.
        let uptime = status["uptime_seconds"]?.doubleValue.flatMap { (0..<1e10).contains($0) ? $0 : nil }
        let running = uptime.map { ", up \(Duration.seconds(Int64($0)).readable)" } ?? ""
        return "Sage\(version) at \(address): \(style.paint(health.printable, tone))\(running)"
    }

    // MARK: Targets

    private func targetTable(_ targets: [JSONValue]) -> TextTable {
        let isAnyPaused = targets.contains { $0["paused_until"]?.stringValue != nil }
        var columns: [TextTable.Column] = [
            "TARGET", "BREAKER", .number("FAILED"), .number("SLOW"), .number("REFUSED"), .number("IN FLIGHT"),
            .number("QUEUED"), .number("PROBE IN"),
        ]
        if isAnyPaused { columns.append(.number("PAUSED FOR")) }
        var table = TextTable(columns + ["LAST FAILURE"])
        for target in targets {
            let breaker = target["breaker"]
            var row: [TextTable.Cell] = [
                text(target["name"]), state(target["state"]), failures(breaker), percentage(breaker?["slow_rate"]),
                text(breaker?["not_permitted"]), text(target["in_flight"]), text(target["queued"]),
                wait(breaker?["retry_after_ms"]),
            ]
            if isAnyPaused {
                row.append(TextTable.Cell(age(target["paused_until"]).map { max(.zero, .zero - $0).readable } ?? "-"))
            }
            table.append(row + [lastFailure(breaker?["last_failure"])])
        }
        return table
    }

    private func state(_ value: JSONValue?) -> TextTable.Cell {
        guard let state = value?.stringValue else { return "-" }
        let tone: TerminalStyle.Tone =
            switch state {
            case "closed": .good
            case "open", "forced_open": .bad
            default: .warning
            }
        return TextTable.Cell(state, tone)
    }

    /// For example `3 of 10 (30%)`; the share is missing until enough calls were made.
    private func failures(_ breaker: JSONValue?) -> TextTable.Cell {
        guard let calls = breaker?["calls"]?.intValue, let failures = breaker?["failures"]?.intValue else { return "-" }
        let share = Self.percentage(breaker?["failure_rate"]).map { " (\($0))" } ?? ""
        return TextTable.Cell("\(failures) of \(calls)\(share)", failures > 0 ? .warning : .plain)
    }

    private func percentage(_ value: JSONValue?) -> TextTable.Cell {
        TextTable.Cell(Self.percentage(value) ?? "-")
    }

    private static func percentage(_ value: JSONValue?) -> String? {
        guard let share = value?.doubleValue, (0...1).contains(share) else { return nil }
        return "\(Int((share * 100).rounded()))%"
    }

    private func wait(_ milliseconds: JSONValue?) -> TextTable.Cell {
        guard let milliseconds = milliseconds?.intValue else { return "-" }
        return TextTable.Cell(milliseconds == 0 ? "now" : Duration.milliseconds(milliseconds).readable)
    }

    private func lastFailure(_ failure: JSONValue?) -> TextTable.Cell {
        guard let errorClass = failure?["class"]?.stringValue else { return "-" }
        let age = age(failure?["time"]).map { $0 > .zero ? ", \($0.readable) ago" : ", just now" } ?? ""
        let message = failure?["message"]?.stringValue.map { ": \($0.prefix(60))" } ?? ""
        return TextTable.Cell(errorClass + age + message)
    }

    private func age(_ time: JSONValue?) -> Duration? { TimeText.age(time, now: now) }

    // MARK: Other sections

    /// A table of whatever single values the entries of a section have; nil for a section without any.
    private static func table(of rows: [JSONValue], named section: String) -> TextTable? {
        let keys = rows.compactMap(\.objectValue).first?.filter { !$0.value.isNested }.map(\.key) ?? []
        guard !keys.isEmpty else { return nil }
        var table = TextTable(
            [TextTable.Column(section.uppercased())]
                + keys.map { TextTable.Column($0.uppercased().replacing("_", with: " ").printable) })
        for row in rows {
            table.append([""] + keys.map { TextTable.Cell(row[$0]?.plainText ?? "-") })
        }
        return table
    }

    private func text(_ value: JSONValue?) -> TextTable.Cell { TextTable.Cell(value?.plainText ?? "-") }
}

extension JSONValue {
    fileprivate var isNested: Bool { kind == .array || kind == .object }

    /// A single value as it is written; nil for none.
    fileprivate var plainText: String? {
        switch self {
        case .null, .array, .object: nil
        case .string(let text): text
        default: description
        }
    }
}
