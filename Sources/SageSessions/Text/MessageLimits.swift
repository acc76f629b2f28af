/// How large a message may be.
public struct MessageLimits: Sendable, Hashable {
    /// The largest message in bytes, over all its parts; 16 MiB unless said otherwise.
    public var maximumBytes: Int
    /// The largest number of parts in a message; 10,000 unless said otherwise.
    public var maximumParts: Int

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - maximumBytes: The largest message in bytes. Defaults to 16 MiB.
    ///   - maximumParts: The largest number of parts. Defaults to 10,000.
    public init(maximumBytes: Int = 16 << 20, maximumParts: Int = 10_000) {
        self.maximumBytes = max(maximumBytes, 0)
        self.maximumParts = max(maximumParts, 0)
    }

    /// Refuses a message that is too large.
    ///
    /// - Parameter message: The message.
    /// - Throws: ``MessageSizeError``.
    public func check(_ message: Message) throws(MessageSizeError) {
        guard message.parts.count <= maximumParts else {
            throw MessageSizeError(field: "message.parts", size: message.parts.count, limit: maximumParts)
        }
        let bytes = message.byteCount
        guard bytes <= maximumBytes else {
            throw MessageSizeError(field: "message", size: bytes, limit: maximumBytes)
        }
    }

    /// Refuses a text that is too large.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - field: What the error calls it. Defaults to `message`.
    /// - Throws: ``MessageSizeError``.
    public func check(_ text: String, field: String = "message") throws(MessageSizeError) {
        guard text.utf8.count <= maximumBytes else {
            throw MessageSizeError(field: field, size: text.utf8.count, limit: maximumBytes)
        }
    }
}

/// A message that is larger than allowed.
public struct MessageSizeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is too large.
    public var field: String
    /// How large it is: bytes of a message, or the number of its parts.
    public var size: Int
    /// What is allowed.
    public var limit: Int

    /// The text for people.
    public var description: String {
        let unit = field.hasSuffix("parts") ? "parts" : "bytes"
        return "\(field) has \(size) \(unit); allowed are at most \(limit)"
    }
}

extension Message {
    /// The size of all texts in bytes, names and ids included.
    public var byteCount: Int {
        parts.reduce(name?.utf8.count ?? 0) { sum, part in
            switch part {
            case .text(let text): sum + text.utf8.count
            case .image(let image):
                switch image.source {
                case .data(let text), .url(let text): sum + text.utf8.count
                }
            case .thinking(let text, let signature): sum + text.utf8.count + (signature?.utf8.count ?? 0)
            case .toolCall(let call): sum + call.id.utf8.count + call.name.utf8.count + call.arguments.utf8.count
            case .toolResult(let result): sum + result.callID.utf8.count + result.text.utf8.count
            case .raw(_, let json): sum + json.text.utf8.count
            }
        }
    }
}
