import HTTPTypes
import NIOCore
import SageLLM

/// A client's request for a chat completion: its bytes, and the little that routing needs to know.
struct ChatRequest: Sendable {
    /// The body as the client wrote it.
    let body: ByteBuffer
    /// The model as the client names it.
    let model: String
    /// Whether the answer is wanted as a stream.
    let isStream: Bool
    /// How many choices the answer is to have.
    let choices: Int
    /// What the client says about attempts and time.
    let options: ClientOptions
    /// The fields that the provider gets to see.
    let forwarded: HTTPFields

    private let index: JSONObjectIndex

    /// Reads a request.
    ///
    /// - Throws: ``GatewayError`` that names the field and what is expected.
    init(headers: HTTPFields, body: ByteBuffer) throws(GatewayError) {
        do throws(JSONScanError) {
            index = try JSONObjectIndex(of: ["model", "messages", "stream", "n"], in: body)
        } catch {
            throw GatewayError(.invalidRequest, "the body is not a valid JSON object: \(error)")
        }
        self.body = body
        try Self.expect("model", .string, index, required: true)
        model = index.string("model", in: body) ?? ""
        guard !model.isEmpty else {
            throw GatewayError(.invalidRequest, "model: the name of a model is expected", parameter: "model")
        }
        try Self.expect("messages", .array, index, required: true)
        guard index["messages"]?.isTruthy(in: body.readableBytesSpan) == true else {
            throw GatewayError(.invalidRequest, "messages: at least one message is expected", parameter: "messages")
        }
        try Self.expect("stream", .bool, index, required: false)
        isStream = index.bool("stream", in: body) ?? false
        let hasChoices = try Self.expect("n", .number, index, required: false) != nil
        choices = hasChoices ? index.integer("n", in: body) ?? 0 : 1
        guard (1...128).contains(choices) else {
            throw GatewayError(.invalidRequest, "n: a whole number from 1 to 128 is expected", parameter: "n")
        }
        options = try ClientOptions(headers)
        forwarded = headers.filteredForProvider
    }

    @discardableResult
    private static func expect(
        _ key: String, _ kind: JSONKind, _ index: JSONObjectIndex, required: Bool
    ) throws(GatewayError) -> JSONToken? {
        guard let token = index[key], token.kind != .null else {
            guard required else { return nil }
            throw GatewayError(.invalidRequest, "\(key): \(kind) is required", parameter: key)
        }
        guard token.kind == kind else {
            throw GatewayError(.invalidRequest, "\(key): \(kind) is expected, found \(token.kind)", parameter: key)
        }
        return token
    }

    /// The body for a provider that calls the model by another name; every other byte stays.
    func body(forModel name: String) -> ByteBuffer {
        guard name != model else { return body }
        var rewriter = JSONRewriter()
        rewriter.set("model", to: .string(name))
        return rewriter.rewrite(body, using: index)
    }
}
