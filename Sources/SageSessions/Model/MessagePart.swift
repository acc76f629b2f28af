/// A piece of a message.
///
/// Equal when the bytes are.
@nonexhaustive
public enum MessagePart: Sendable {
    /// Text.
    case text(String)
    /// A picture.
    case image(ImagePart)
    /// What the model thought before it answered; `signature` is what its provider wants back with it.
    case thinking(text: String, signature: String?)
    /// A model's request to run a tool.
    case toolCall(ToolCall)
    /// What a tool gave back.
    case toolResult(ToolResult)
    /// What only one protocol knows; `format` names it, for example `openai` or `anthropic`.
    case raw(format: String, json: JSONText)
}

/// A picture in a message.
public struct ImagePart: Sendable {
    /// Where a picture comes from.
    public enum Source: Sendable {
        /// The picture itself in Base64.
        case data(String)
        /// Where it is to be fetched.
        case url(String)
    }

    /// The media type, for example `image/png`; nil where an address says nothing about it.
    public var mediaType: String?
    /// Where it comes from.
    public var source: Source

    /// Creates a picture.
    ///
    /// - Parameters:
    ///   - mediaType: The media type. Defaults to unknown.
    ///   - source: Where it comes from.
    public init(mediaType: String? = nil, source: Source) {
        self.mediaType = mediaType
        self.source = source
    }
}

extension MessagePart: Hashable {
    /// Whether both are the same, byte for byte.
    public static func == (left: MessagePart, right: MessagePart) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): left.hasSameBytes(as: right)
        case (.image(let left), .image(let right)): left == right
        case (.thinking(let left, let leftSignature), .thinking(let right, let rightSignature)):
            left.hasSameBytes(as: right) && ExactText(leftSignature) == ExactText(rightSignature)
        case (.toolCall(let left), .toolCall(let right)): left == right
        case (.toolResult(let left), .toolResult(let right)): left == right
        case (.raw(let left, let leftJSON), .raw(let right, let rightJSON)):
            left.hasSameBytes(as: right) && leftJSON == rightJSON
        default: false
        }
    }

    /// Feeds what `==` compares to a hasher.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .text(let text): hasher.combine(ExactText(text))
        case .image(let image): hasher.combine(image)
        case .thinking(let text, _): hasher.combine(ExactText(text))
        case .toolCall(let call): hasher.combine(call)
        case .toolResult(let result): hasher.combine(result)
        case .raw(_, let json): hasher.combine(json)
        }
    }
}

extension ImagePart: Hashable {
    /// Whether both are the same, byte for byte.
    public static func == (left: ImagePart, right: ImagePart) -> Bool {
        left.source == right.source && ExactText(left.mediaType) == ExactText(right.mediaType)
    }

    /// Feeds what `==` compares to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(source)
        hasher.combine(ExactText(mediaType))
    }
}

extension ImagePart.Source: Hashable {
    /// Whether both are the same, byte for byte.
    public static func == (left: ImagePart.Source, right: ImagePart.Source) -> Bool {
        switch (left, right) {
        case (.data(let left), .data(let right)), (.url(let left), .url(let right)): left.hasSameBytes(as: right)
        default: false
        }
    }

    /// Feeds what `==` compares to a hasher.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .data(let text), .url(let text): hasher.combine(ExactText(text))
        }
    }
}
