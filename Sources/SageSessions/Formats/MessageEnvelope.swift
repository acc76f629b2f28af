/// Keeps a message as a file had it, where what is read of it would not give the same message again.
///
/// The envelope is one of the message's raw parts, which no view shows unless asked; so a file goes out as it came in,
/// unknown members included.
enum MessageEnvelope {
    static func name(_ format: ConversationFormat) -> String { "\(format.rawValue).message" }

    /// Adds the envelope unless the message gives the same JSON value without it.
    static func seal(_ message: inout Message, original: JSONNode, written: [JSONNode], _ format: ConversationFormat) {
        if written.count == 1, written[0].isSameValue(as: original) { return }
        message.parts.append(.raw(format: name(format), json: JSONText(original)))
    }

    /// What the message was in a file of this format; nil if it came from elsewhere or is whole without.
    static func open(_ message: Message, _ format: ConversationFormat) -> JSONNode? {
        guard case .raw(let name, let json) = message.parts.last, name == self.name(format) else { return nil }
        return json.node
    }
}

extension JSONNode {
    /// The object with other values for some members, which keep their places.
    func replacing(_ replacements: [String: JSONNode]) -> JSONNode {
        guard case .object(var fields) = self else { return self }
        for index in fields.indices {
            if let value = replacements[fields[index].key] { fields[index].value = value }
        }
        return .object(fields)
    }
}
