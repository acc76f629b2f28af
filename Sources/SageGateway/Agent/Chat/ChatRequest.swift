import NIOCore
import SageLLM

/// A request to `/chat`.
struct ChatRequest: Sendable {
    /// The conversation as the client names it; nil begins a new one.
    var sessionID: String?
    var message: String
    var model: String?
    var isStream: Bool
    var memory: MemoryWish
    var idempotencyKey: String?

    /// What is to be done with memory in a turn; what is nil is left to the configuration.
    struct MemoryWish: Sendable, Hashable {
        var recall: Bool?
        var save: GatewayConfiguration.Memory.Saving?
        var namespace: String?
    }

    private static let keys = ["session_id", "message", "model", "stream", "memory", "idempotency_key"]

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - headerKey: The field `Idempotency-Key`, which counts where the body has none; both must agree.
    /// - Throws: ``GatewayError`` that names the field and what is expected.
    init(_ body: ByteBuffer, headerKey: String?) throws(GatewayError) {
        let fields = try BodyFields(body, allowed: Self.keys)
        sessionID = try fields.id("session_id")
        guard let message = try fields.text("message"), message.contains(where: { !$0.isWhitespace }) else {
            throw GatewayError(.invalidRequest, "message: a text that is not blank is required", parameter: "message")
        }
        self.message = message
        model = try fields.text("model", 1...256)
        isStream = try fields.flag("stream") ?? false
        let bodyKey = try fields.exactText("idempotency_key", 1...256)
        if let bodyKey, let headerKey, !bodyKey.utf8.elementsEqual(headerKey.utf8) {
            throw GatewayError(
                .invalidRequest, "idempotency_key: is another one than that of the field Idempotency-Key",
                parameter: "idempotency_key")
        }
        idempotencyKey = bodyKey ?? headerKey
        memory = try MemoryWish(fields["memory"])
    }
}

/// What a client says where a turn goes on.
struct ResumeRequest: Sendable {
    var model: String?
    var isStream: Bool
    var memory: ChatRequest.MemoryWish

    /// Reads a body, which may be empty.
    ///
    /// - Throws: ``GatewayError`` that names the field and what is expected.
    init(_ body: ByteBuffer) throws(GatewayError) {
        let body = body.readableBytes == 0 ? ByteBuffer(string: "{}") : body
        let fields = try BodyFields(body, allowed: ["model", "stream", "memory"])
        model = try fields.text("model", 1...256)
        isStream = try fields.flag("stream") ?? false
        memory = try ChatRequest.MemoryWish(fields["memory"])
    }
}

extension ChatRequest.MemoryWish {
    /// Reads `true`, `false` or an object.
    init(_ value: JSONValue?) throws(GatewayError) {
        switch value {
        case nil, .null: break
        case .bool(let isWanted):
            recall = isWanted
            if !isWanted { save = .off }
        case .object(let members):
            let fields = try BodyFields(members, allowed: ["recall", "save", "namespace"], path: "memory.")
            recall = try fields.flag("recall")
            namespace = try fields.id("namespace")
            switch fields["save"] {
            case nil, .null: break
            case .bool(let isWanted): save = isWanted ? .user : .off
            case .string(let word):
                guard let saving = GatewayConfiguration.Memory.Saving(rawValue: word) else {
                    throw fields.unexpected("save", "true, false, off, user or turn")
                }
                save = saving
            default: throw fields.unexpected("save", "true, false, off, user or turn")
            }
        default:
            throw GatewayError(.invalidRequest, "memory: a truth value or an object is expected", parameter: "memory")
        }
    }
}
