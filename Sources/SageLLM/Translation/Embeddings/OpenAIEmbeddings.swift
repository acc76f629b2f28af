/// OpenAI's embeddings.
struct OpenAIEmbeddings: EmbeddingsTranslation {
    static func readRequest(_ json: JSONValue) throws(TranslationError) -> EmbeddingsRequest {
        var fields = try FieldReader(json)
        var request = EmbeddingsRequest(model: try fields.string("model") ?? "")
        request.texts = try texts(fields.value("input"), fields)
        request.dimensions = try fields.int("dimensions")
        switch try fields.string("encoding_format") {
        case nil, "float": break
        case "base64": request.wantsBase64 = true
        case let other?:
            throw fields.error("is \(other.prefix(64).debugDescription); allowed are float, base64", "encoding_format")
        }
        fields.dropRest(from: &request.dropped)
        return request
    }

    private static func texts(_ input: JSONValue?, _ fields: FieldReader) throws(TranslationError) -> [String] {
        let allowed = "allowed is a string or an array of strings"
        guard let input else { throw fields.error("is missing; \(allowed)", "input") }
        if let text = input.stringValue { return [text] }
        guard let elements = input.arrayValue, !elements.isEmpty else {
            throw fields.error("is \(input.kind == .array ? "empty" : "\(input.kind)"); \(allowed)", "input")
        }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.stringValue else {
                // Tokens mean something only to the model that they were made for.
                let isTokens = element.kind == .number || element.kind == .array
                throw fields.error(
                    isTokens
                        ? "holds tokens, which no other provider can read; \(allowed)"
                        : "is \(element.kind); \(allowed)",
                    isTokens && element.kind == .number ? "input" : "input[\(index)]")
            }
            texts.append(text)
        }
        return texts
    }

    static func writeRequest(_ request: EmbeddingsRequest) throws(TranslationError) -> JSONValue {
        var object: JSONObject = [
            "model": .string(request.model), "input": .array(request.texts.map(JSONValue.string)),
        ]
        object.set("dimensions", request.dimensions)
        object["encoding_format"] = request.wantsBase64 ? "base64" : "float"
        return .object(object)
    }

    static func readReply(_ json: JSONValue) throws(TranslationError) -> EmbeddingsReply {
        var fields = try FieldReader(json)
        var vectors: [(index: Int, vector: EmbeddingVector)] = []
        for var entry in try fields.objects("data") {
            let index = try entry.int("index") ?? vectors.count
            vectors.append((index, try EmbeddingVector(entry.value("embedding"), at: entry.path(of: "embedding"))))
        }
        vectors.sort { $0.index < $1.index }
        return EmbeddingsReply(
            vectors: vectors.map(\.vector), promptTokens: json["usage"]?["prompt_tokens"]?.intValue)
    }

    static func writeReply(_ reply: EmbeddingsReply, _ form: EmbeddingsForm) throws(TranslationError) -> JSONValue {
        var data: [JSONValue] = []
        for (index, vector) in reply.vectors.enumerated() {
            data.append([
                "object": "embedding", "index": .integer(Int64(index)),
                "embedding": form.wantsBase64 ? vector.base64 : try vector.numbers(at: "embeddings[\(index)].values"),
            ])
        }
        // The libraries expect the counts, and zero would be taken for one.
        let tokens = JSONValue.integer(Int64(reply.promptTokens ?? form.estimatedTokens ?? 0))
        return [
            "object": "list", "data": .array(data), "model": .string(form.model),
            "usage": ["prompt_tokens": tokens, "total_tokens": tokens],
        ]
    }
}
