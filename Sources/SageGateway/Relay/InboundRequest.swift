import HTTPTypes
import NIOCore
import SageLLM
import SageResilience
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A client's request to a model: its bytes, and the little that routing needs to know.
final class InboundRequest: Sendable {
    /// The format that the client speaks.
    let format: WireFormat
    /// The body as the client wrote it.
    let body: ByteBuffer
    /// The model as the client names it.
    let model: String
    /// Whether the answer is wanted as a stream.
    let isStream: Bool
    /// Whether the stream is wanted as a JSON array instead of events.
    let isArray: Bool
    /// How many choices the answer is to have.
    let choices: Int
    /// The most tokens that the answer may have, if the request says so.
    let maxTokens: Int?
    /// What the client says about attempts and time.
    let options: ClientOptions
    /// The fields that the provider gets to see.
    let forwarded: HTTPFields
    /// The key that the client has shown; nil where none is needed.
    let client: ClientKey?
    /// The id of the request.
    let id: String
    /// Where it arrived; the provider is called on the same event loop.
    let eventLoop: (any EventLoop)?

    private let index: JSONObjectIndex

    /// What the path of a request says, in formats whose bodies do not.
    struct PathParameters: Sendable {
        var model: String
        var isStream: Bool
        /// Whether the stream is wanted as a JSON array instead of events.
        var isArray = false
    }

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - format: The client's format.
    ///   - headers: The header fields.
    ///   - body: The body.
    ///   - path: What the path says; nil for formats whose bodies say it.
    ///   - client: The key that the client has shown.
    ///   - id: The id of the request.
    ///   - eventLoop: Where it arrived.
    /// - Throws: ``GatewayError`` that names the field and what is expected.
    init(
        _ format: WireFormat, headers: HTTPFields, body: ByteBuffer, path: PathParameters? = nil,
        client: ClientKey? = nil, id: String, eventLoop: (any EventLoop)? = nil
    ) throws(GatewayError) {
        let fields = format.fields
        let index: JSONObjectIndex
        do throws(JSONScanError) {
            index = try JSONObjectIndex(of: fields.keys, in: body)
        } catch {
            throw GatewayError(.invalidRequest, "the body is not a valid JSON object: \(error)")
        }
        if let key = index.repeatedKey {
            // Decoders differ in which one they take: a limit or a list of models could be got round.
            throw GatewayError(.invalidRequest, "\(key): the field stands in the body more than once", parameter: key)
        }
        let reader = FieldReader(index: index, body: body)
        if let path {
            model = path.model
            isStream = path.isStream
            isArray = path.isArray
        } else {
            try reader.expect("model", [.string], isRequired: true)
            model = index.string("model", in: body) ?? ""
            isStream = try reader.bool("stream") ?? false
            isArray = false
        }
        guard !model.isEmpty else {
            throw GatewayError(.invalidRequest, "model: the name of a model is expected", parameter: "model")
        }
        try reader.expect(fields.content, fields.contentKinds, isRequired: true)
        guard index[fields.content]?.isTruthy(in: body.readableBytesSpan) == true else {
            throw GatewayError(
                .invalidRequest, "\(fields.content): at least one \(fields.contentNoun) is expected",
                parameter: fields.content)
        }
        choices = fields.choices == nil ? 1 : try reader.integer("n", 1...128) ?? 1
        var maxTokens: Int?
        for field in fields.maxTokens where maxTokens == nil {
            maxTokens = try reader.integer(field, 0...Int.max)
        }
        self.maxTokens = maxTokens
        options = try ClientOptions(headers)
        forwarded = headers.filteredForProvider
        self.client = client
        self.format = format
        self.body = body
        self.id = id
        self.eventLoop = eventLoop
        self.index = index
    }

    /// How important it is, as far as the client's key allows.
    var priority: CallPriority { client?.capped(options.priority) ?? options.priority }

    /// Whether reading the body takes so long that other connections would notice.
    var isLarge: Bool { body.readableBytes >= LargeWork.threshold }

    /// The tokens that it will use, at a guess.
    var estimatedTokens: Int {
        switch format {
        case .chatCompletions, .responses, .messages, .generateContent:
            TokenEstimate.total(body, maxOutput: maxTokens, answers: choices)
        case .embeddings, .embedContent, .batchEmbedContents: TokenEstimate.total(body, maxOutput: nil, answers: 0)
        // Counting costs none.
        case .countTokens: 0
        }
    }

    /// The body for a provider that calls the model by another name; every other byte stays.
    func body(forModel name: String) -> ByteBuffer {
        guard name != model else { return body }
        switch format {
        case .chatCompletions, .responses, .embeddings, .messages, .countTokens:
            var rewriter = JSONRewriter()
            rewriter.set("model", to: .string(name))
            return rewriter.rewrite(body, using: index)
        case .generateContent, .embedContent, .batchEmbedContents:
            // The path names the model; what a body repeats of it must not contradict.
            return GeminiModelNames.replacing(in: body, by: name) ?? body
        }
    }

    /// The body as a value, for translation.
    func json() throws(GatewayError) -> JSONValue {
        do throws(JSONScanError) {
            return try JSONValue(parsing: body)
        } catch {
            throw GatewayError(.invalidRequest, "the body is not a valid JSON object: \(error)")
        }
    }

    /// What an answer in the client's format is written with.
    var translationContext: TranslationContext {
        var context = TranslationContext(
            model: model, created: Int(Date.now.timeIntervalSince1970), isStream: isStream,
            idSuffix: id.filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
        if format == .embeddings { context.estimatedTokens = TokenEstimate.input(body) }
        return context
    }
}

/// Reads the few fields of a body that routing needs; errors name the field.
private struct FieldReader {
    let index: JSONObjectIndex
    let body: ByteBuffer

    @discardableResult
    func expect(_ key: String, _ kinds: [JSONKind], isRequired: Bool) throws(GatewayError) -> JSONToken? {
        func allowed() -> String { kinds.map { "\($0)" }.joined(separator: " or ") }
        guard let token = index[key], token.kind != .null else {
            guard isRequired else { return nil }
            throw GatewayError(.invalidRequest, "\(key): \(allowed()) is required", parameter: key)
        }
        guard kinds.contains(token.kind) else {
            throw GatewayError(.invalidRequest, "\(key): \(allowed()) is expected, found \(token.kind)", parameter: key)
        }
        return token
    }

    func bool(_ key: String) throws(GatewayError) -> Bool? {
        try expect(key, [.bool], isRequired: false) == nil ? nil : index.bool(key, in: body)
    }

    func integer(_ key: String, _ range: ClosedRange<Int>) throws(GatewayError) -> Int? {
        guard try expect(key, [.number], isRequired: false) != nil else { return nil }
        guard let value = index.integer(key, in: body), range.contains(value) else {
            let allowed =
                range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw GatewayError(
                .invalidRequest, "\(key): a whole number, \(allowed), is expected", parameter: key)
        }
        return value
    }
}
