/// Messages of OpenAI's Chat Completions.
enum OpenAIMessages {
    static func read(_ bytes: [UInt8], limits: ImportLimits) throws(FormatError) -> ImportedConversation {
        var collector = ImportCollector(.openai, limits: limits)
        let document = try collector.parse(bytes)
        guard let messages = document.arrayValue ?? document["messages"]?.arrayValue else {
            throw FormatError(
                .openai, field: document.objectValue == nil ? "" : "messages",
                found: document.objectValue == nil ? document.kind : document["messages"]?.kind ?? "missing",
                allowed: "an array of messages, or an object with one as messages")
        }
        let extra = document.arrayValue == nil ? document.replacing(["messages": .null]) : .null
        collector.add(extra: extra)
        var reader = OpenAIMessageReader()
        for (index, node) in messages.enumerated() {
            let field = "messages[\(index)]"
            var message: Message
            do throws(PayloadError) {
                message = try reader.read(node, field: field, report: &collector.report)
            } catch {
                let error = error.nested(in: field)
                throw FormatError(.openai, field: error.field, found: error.found, allowed: error.allowed)
            }
            MessageEnvelope.seal(&message, original: node, written: OpenAIMessageWriter.write(message), .openai)
            try collector.add(message, field: field)
        }
        return ImportedConversation(entries: collector.entries, report: collector.report)
    }
}
