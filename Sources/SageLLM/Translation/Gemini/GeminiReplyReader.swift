/// Reads a provider's `GenerateContentResponse`.
enum GeminiReplyReader {
    static func read(_ json: JSONValue) throws(TranslationError) -> NeutralReply {
        var fields = try FieldReader(json)
        let id = try fields.string("responseId") ?? ""
        var calls = GeminiAnswerCalls(responseID: id)
        var choices: [(index: Int, choice: NeutralReply.Choice)] = []
        for var candidate in try fields.objects("candidates") {
            let answer = try GeminiCandidate(&candidate, position: choices.count)
            var parts: [NeutralPart] = []
            for part in answer.parts {
                switch part {
                case .text(let text): parts.append(.text(text))
                case .thought(let text, let signature): parts.append(.thinking(text, signature: signature))
                case .call(let id, let name, let arguments, let signature):
                    parts.append(
                        .toolCall(
                            NeutralToolCall(
                                id: calls.next(id).id, name: name, arguments: arguments, signature: signature)))
                case .media(let media):
                    if let part = GeminiPart.neutral(media) { parts.append(part) }
                }
            }
            let hasCalls = answer.parts.contains { $0.isCall }
            let reason = answer.finishReason.map { GeminiFinishReason.read($0, hasToolCalls: hasCalls) }
            choices.append((answer.index, NeutralReply.Choice(parts, reason ?? .stop)))
        }
        guard !choices.isEmpty else { throw fields.error("is missing; allowed is at least one", "candidates") }
        return NeutralReply(
            id: id, model: try fields.string("modelVersion") ?? "",
            choices: choices.sorted { $0.index < $1.index }.map(\.choice),
            usage: TokenCounts(gemini: fields.value("usageMetadata")))
    }
}

/// A candidate of an answer or of a piece of one.
struct GeminiCandidate {
    /// A part that says something.
    enum Part {
        case text(String)
        case thought(String, signature: String?)
        case call(id: String?, name: String, arguments: String, signature: String?)
        case media(NeutralMedia)

        var isCall: Bool {
            if case .call = self { true } else { false }
        }
    }

    let index: Int
    private(set) var parts: [Part] = []
    let finishReason: String?

    /// - Parameter position: Where the candidate stands, which is its index unless it says another.
    init(_ candidate: inout FieldReader, position: Int) throws(TranslationError) {
        let index = try candidate.int("index") ?? position
        // The number makes memory, and belongs to somebody else.
        guard (0..<128).contains(index) else { throw candidate.error("is \(index); allowed are 0 to 127", "index") }
        self.index = index
        finishReason = try candidate.string("finishReason")
        guard var content = try candidate.object("content") else { return }
        for var part in try content.objects("parts") {
            if let read = try Self.read(&part) { parts.append(read) }
        }
    }

    /// Reads a part; nil for one that says nothing, and for results of tools that only Gemini has.
    private static func read(_ part: inout FieldReader) throws(TranslationError) -> Part? {
        let signature = try part.string("thoughtSignature").map(ThoughtSignature.fromGemini)
        if let text = try part.string("text") {
            if try part.bool("thought") ?? false {
                return text.isEmpty && signature == nil ? nil : .thought(text, signature: signature)
            }
            // A signature of plain text need not be given back.
            return text.isEmpty ? nil : .text(text)
        }
        if var call = try part.object("functionCall") {
            return .call(
                id: try call.string("id"), name: try call.required(try call.string("name"), "name", "a string"),
                arguments: try call.jsonObject("args")?.description ?? "{}", signature: signature)
        }
        return try GeminiPart.readMedia(&part).map(Part.media)
    }
}

/// Numbers the calls of an answer and gives them ids where it has none.
///
/// A conversation must not have an id twice, so that the answer's own id is part of them.
struct GeminiAnswerCalls {
    private let prefix: String
    private var count = 0

    /// - Parameter responseID: The id of the answer; an empty one is replaced by a random one.
    init(responseID: String) {
        let plain = responseID.unicodeScalars.filter { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-")
        }
        // OpenAI takes ids of at most 40 characters.
        let name = String(String.UnicodeScalarView(plain.prefix(24)))
        prefix = "call_" + (name.isEmpty ? String(UInt64.random(in: .min ... .max), radix: 36) : name)
    }

    /// The position and the id of the next call.
    mutating func next(_ id: String?) -> (position: Int, id: String) {
        defer { count += 1 }
        return (count, id.flatMap { $0.isEmpty ? nil : $0 } ?? "\(prefix)_\(count)")
    }
}
