import SageGateway
import SageLLM

/// What is shown of checks.
enum DoctorReport {
    /// A check as one or two lines.
    static func lines(_ result: CheckResult, _ style: TerminalStyle) -> [String] {
        let (word, tone): (String, TerminalStyle.Tone) =
            switch result.status {
            case .fine: ("ok     ", .good)
            case .warning: ("warning", .warning)
            case .failed: ("FAILED ", .bad)
            case .skipped: ("-      ", .plain)
            }
        var lines = ["\(style.paint(word, tone)) \(result.subject.printable): \(result.message.printable)"]
        if let remedy = result.remedy { lines.append("        \(remedy.printable)") }
        return lines
    }

    /// How it went altogether.
    static func summary(_ results: [CheckResult], _ style: TerminalStyle) -> String {
        let failed = results.count { $0.status == .failed }
        let warnings = results.count { $0.status == .warning }
        if failed > 0 { return style.paint("\(failed) of \(results.count) checks failed", .bad) }
        if warnings > 0 {
            return style.paint("nothing failed, \(warnings) \(warnings == 1 ? "warning" : "warnings")", .warning)
        }
        return style.paint("all is well", .good)
    }

    /// The checks as JSON.
    static func json(_ results: [CheckResult]) -> JSONValue {
        .object([
            "checks": .array(
                results.map { result in
                    .object([
                        "subject": .string(result.subject), "status": .string(result.status.rawValue),
                        "message": .string(result.message), "remedy": result.remedy.map(JSONValue.string) ?? .null,
                    ])
                }),
            "failed": .integer(Int64(results.count { $0.status == .failed })),
            "warnings": .integer(Int64(results.count { $0.status == .warning })),
        ])
    }
}
