import SageLLM

/// What is shown of memories.
enum MemoryReport {
    /// What became of a text that was saved.
    static func saved(_ answer: JSONValue, _ style: TerminalStyle) -> [String] {
        var lines = [(answer["id"]?.stringValue ?? "-").printable]
        if answer["duplicate"]?.boolValue == true { lines.append("It was there already.") }
        if answer["pending"]?.boolValue == true {
            lines.append(style.paint("It has no embedding yet and is found by its words only.", .warning))
        }
        return lines
    }

    /// What became of making all vectors anew.
    static func reindexed(_ answer: JSONValue, _ style: TerminalStyle) -> [String] {
        var lines = ["\(answer["embedded"]?.intValue ?? 0) embeddings were made."]
        if let refused = answer["refused"]?.intValue, refused > 0 {
            lines.append(style.paint("\(refused) texts were refused by the model.", .warning))
        }
        if let remaining = answer["remaining"]?.intValue, remaining > 0 {
            let why = answer["problem"]?.stringValue.map { ": \($0.printable)" } ?? "."
            lines.append(style.paint("\(remaining) memories wait for their embedding\(why)", .warning))
        }
        return lines
    }

    /// Memories that were found, the best first.
    static func found(_ answer: JSONValue, _ style: TerminalStyle) -> [String] {
        let results = answer["results"]?.arrayValue ?? []
        var table = TextTable([.number("SCORE"), "MEMORY", "TEXT"])
        for result in results {
            let score = result["score"]?.doubleValue ?? 0
            let thousandths = (score * 1_000).rounded()
            let text = (result["text"]?.stringValue ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
            table.append([
                TextTable.Cell("\(thousandths / 1_000)"), TextTable.Cell(result["id"]?.stringValue ?? "-"),
                TextTable.Cell(text.count > 100 ? "\(text.prefix(99))…" : text),
            ])
        }
        return (results.isEmpty ? ["Nothing was found."] : table.lines(style)) + degraded(answer, style)
    }

    /// One memory with all that is known about it.
    static func page(_ memory: JSONValue, _ style: TerminalStyle) -> [String] {
        let facts = memory.objectValue?.filter { $0.key != "text" } ?? []
        return facts.map { key, value in
            "\(style.paint(key.replacing("_", with: " ").printable, .heading)): "
                + (value.stringValue ?? value.description).printable
        } + ["", (memory["text"]?.stringValue ?? "").multilinePrintable]
    }

    /// What a search had to do without.
    private static func degraded(_ answer: JSONValue, _ style: TerminalStyle) -> [String] {
        (answer["degraded"]?.arrayValue ?? []).map { entry in
            let what = entry["what"]?.stringValue ?? entry.stringValue ?? "something"
            let why = entry["why"]?.stringValue.map { ": \($0)" } ?? ""
            return style.paint("degraded: \(what)\(why)".printable, .warning)
        }
    }
}
