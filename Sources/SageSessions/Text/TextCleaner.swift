/// Cleans texts where they come in, so that every database can store them and every provider takes them.
///
/// NUL is taken out, since PostgreSQL stores none and providers refuse it; broken UTF-8 and lone surrogates become U+FFFD.
/// Nothing else is touched: no normalisation, no trimming. Ids are opaque and not its business.
public enum TextCleaner {
    /// Cleans bytes that should be UTF-8.
    ///
    /// - Parameter bytes: The bytes of a text.
    /// - Returns: The text, and what was changed; each ill-formed piece, as the Unicode Standard divides them (its
    ///   chapter 3.9), counts once.
    public static func clean(bytes: [UInt8]) -> (text: String, report: CleaningReport) {
        var report = CleaningReport()
        var text: String
        if let valid = String(validating: bytes, as: UTF8.self) {
            text = valid
        } else {
            text = String(decoding: bytes, as: UTF8.self)
            let before = bytes.indices.count { index in
                bytes[index] == 0xEF && index + 2 < bytes.count && bytes[index + 1] == 0xBF && bytes[index + 2] == 0xBD
            }
            report.replacements = text.unicodeScalars.count { $0 == "\u{FFFD}" } - before
        }
        report.add(clean(&text))
        return (text, report)
    }

    /// Cleans a text.
    ///
    /// - Parameter text: The text; it is only copied when it has to be changed.
    /// - Returns: What was changed.
    @discardableResult
    public static func clean(_ text: inout String) -> CleaningReport {
        guard text.utf8.contains(0) else { return CleaningReport() }
        let before = text.utf8.count
        text = String(decoding: text.utf8.filter { $0 != 0 }, as: UTF8.self)
        return CleaningReport(removedNULs: before - text.utf8.count)
    }

    /// Cleans the strings within a JSON text, names of members included.
    ///
    /// - Parameter json: The JSON text; as it is unless something has to be changed.
    /// - Returns: What was changed.
    @discardableResult
    public static func clean(_ json: inout JSONText) -> CleaningReport {
        guard json.text.utf8.contains(UInt8(ascii: "\\")) else { return CleaningReport() }
        var node = json.node
        let report = clean(&node)
        if !report.isEmpty { json = JSONText(node) }
        return report
    }

    /// Cleans the texts of a message; its ids stay as they are.
    ///
    /// The arguments of a call are cleaned within their strings where they are JSON, else as text.
    ///
    /// - Parameter message: The message.
    /// - Returns: What was changed.
    @discardableResult
    public static func clean(_ message: inout Message) -> CleaningReport {
        var report = CleaningReport()
        if var name = message.name {
            report.add(clean(&name))
            message.name = name
        }
        for index in message.parts.indices { report.add(clean(&message.parts[index])) }
        return report
    }

    private static func clean(_ part: inout MessagePart) -> CleaningReport {
        var report = CleaningReport()
        switch part {
        case .text(var text):
            report = clean(&text)
            if !report.isEmpty { part = .text(text) }
        case .image(var image):
            switch image.source {
            case .data(var data):
                report = clean(&data)
                image.source = .data(data)
            case .url(var url):
                report = clean(&url)
                image.source = .url(url)
            }
            if !report.isEmpty { part = .image(image) }
        case .thinking(var text, let signature):
            report = clean(&text)
            if !report.isEmpty { part = .thinking(text: text, signature: signature) }
        case .toolCall(var call):
            report = clean(&call.name)
            report.add(clean(arguments: &call.arguments))
            if !report.isEmpty { part = .toolCall(call) }
        case .toolResult(var result):
            report = clean(&result.text)
            if !report.isEmpty { part = .toolResult(result) }
        case .raw(let format, var json):
            report = clean(&json)
            if !report.isEmpty { part = .raw(format: format, json: json) }
        }
        return report
    }

    private static func clean(arguments: inout String) -> CleaningReport {
        var report = clean(&arguments)
        guard arguments.utf8.contains(UInt8(ascii: "\\")) else { return report }
        var reader = JSONReader([UInt8](arguments.utf8), limits: JSONLimits(maximumBytes: .max))
        guard var node = try? reader.read() else { return report }
        var changes = CleaningReport(replacements: reader.replacements)
        changes.add(clean(&node))
        if !changes.isEmpty { arguments = node.description }
        report.add(changes)
        return report
    }

    package static func clean(_ node: inout JSONNode) -> CleaningReport {
        var report = CleaningReport()
        switch node {
        case .null, .bool, .number: break
        case .string(var text):
            report = clean(&text)
            if !report.isEmpty { node = .string(text) }
        case .array(var elements):
            for index in elements.indices { report.add(clean(&elements[index])) }
            if !report.isEmpty { node = .array(elements) }
        case .object(var fields):
            for index in fields.indices {
                report.add(clean(&fields[index].key))
                report.add(clean(&fields[index].value))
            }
            if !report.isEmpty { node = .object(fields) }
        }
        return report
    }
}
