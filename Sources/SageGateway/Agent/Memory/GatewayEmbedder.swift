import NIOCore
import SageLLM
import SageMemory
import SageResilience

/// Makes vectors of texts by a model behind the gateway, with the limits, fallbacks and breakers of every other call.
///
/// What a request asks for takes tokens of its key's limit, whatever models the key may ask for; what is made up for later
/// takes none, since memory belongs to the server.
struct GatewayEmbedder: Embedder {
    /// The model, and the length of its vectors where that was chosen: vectors of different ones are never compared.
    let name: String
    let dimension: Int?
    private let model: String
    private let models: ModelCaller

    init(_ settings: GatewayConfiguration.Memory.Embeddings, models: ModelCaller) {
        model = settings.model
        dimension = settings.dimensions
        name = settings.dimensions.map { "\(settings.model)@\($0)" } ?? settings.model
        self.models = models
    }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        var body: JSONObject = ["model": .string(model), "input": .array(texts.map { .string($0) })]
        if let dimension { body["dimensions"] = .integer(Int64(dimension)) }
        let tokens: RateLimiter.SharedReservation?
        do throws(GatewayError) {
            // At a guess of four bytes a token, as everywhere.
            tokens = try EmbeddingPayer.key?.admitTokens(texts.reduce(0) { $0 + $1.utf8.count / 4 + 1 })
        } catch {
            throw EmbeddingFailure(limit: error)
        }
        let answer: JSONValue?
        do {
            do {
                let bytes = try await models.answer(
                    .embeddings, body, for: ModelCaller.Origin(id: RequestIdentifier.next()))
                answer = try? JSONValue(parsing: bytes)
            } catch {
                tokens?.cancel()
                throw error
            }
            if let used = answer?["usage"]?["total_tokens"]?.intValue { tokens?.settle(actual: used) }
        } catch let error as GatewayError {
            throw EmbeddingFailure(error)
        }
        guard let items = answer?["data"]?.arrayValue, items.count == texts.count else {
            throw EmbeddingFailure("the answer has not one vector for each of \(texts.count) texts")
        }
        var vectors = [[Float]](repeating: [], count: texts.count)
        for (place, item) in items.enumerated() {
            let index = item["index"]?.intValue ?? place
            guard vectors.indices.contains(index), let numbers = item["embedding"]?.arrayValue else {
                throw EmbeddingFailure("the answer has a vector that is no list of numbers")
            }
            vectors[index] = numbers.compactMap { $0.doubleValue.map(Float.init) }
            guard vectors[index].count == numbers.count else {
                throw EmbeddingFailure("the answer has a vector with something else than numbers")
            }
        }
        return vectors
    }
}

/// Why texts have no vectors.
struct EmbeddingFailure: ClassifiedError, TellingError {
    let description: String
    let classification: ErrorClassification

    init(_ error: GatewayError) {
        description = error.message
        switch error.code {
        // A text that a provider refuses; any other is not refused for it.
        case .invalidRequest where error.upstream != nil, .requestTooLarge:
            classification = ErrorClassification(.permanent, fault: .caller)
        case .invalidRequest, .modelNotFound, .unauthorized, .quotaExhausted, .conflict:
            classification = ErrorClassification(.permanent, fault: .provider)
        case .rateLimited:
            classification = ErrorClassification(.rateLimited, hint: error.retryAfter.map(ServerHint.wait))
        case .deadlineExceeded:
            classification = ErrorClassification(.timeout)
        case .overloaded, .circuitOpen, .upstreamError, .upstreamTruncated, .storeUnavailable, .interrupted:
            classification = ErrorClassification(.transient, hint: error.retryAfter.map(ServerHint.wait))
        }
    }

    /// The key of the request has used up what it may: the embedder is well, and everybody else may go on.
    init(limit error: GatewayError) {
        description = error.message
        classification = ErrorClassification(.permanent, fault: .caller)
    }

    init(_ description: String) {
        self.description = description
        classification = ErrorClassification(.permanent, fault: .provider)
    }
}
