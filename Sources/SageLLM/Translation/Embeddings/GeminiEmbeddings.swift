/// Gemini's `embedContent`: one text.
struct GeminiEmbedding: EmbeddingsTranslation {
    static func readRequest(_ json: JSONValue) throws(TranslationError) -> EmbeddingsRequest {
        var fields = try FieldReader(json, spelling: .protobuf)
        var request = EmbeddingsRequest(model: try fields.string("model") ?? "")
        request.texts = [try GeminiEmbeddings.readText(&fields, &request)]
        request.dimensions = try fields.int("outputDimensionality")
        fields.dropRest(from: &request.dropped)
        return request
    }

    static func writeRequest(_ request: EmbeddingsRequest) throws(TranslationError) -> JSONValue {
        guard request.texts.count == 1, let text = request.texts.first else {
            throw TranslationError("has \(request.texts.count) texts; embedContent takes one", parameter: "input")
        }
        return GeminiEmbeddings.write(text, request)
    }

    static func readReply(_ json: JSONValue) throws(TranslationError) -> EmbeddingsReply {
        let vector = try EmbeddingVector(json["embedding"]?["values"], at: "embedding.values")
        return EmbeddingsReply(vectors: [vector], promptTokens: TokenCounts(gemini: json["usageMetadata"])?.prompt)
    }

    static func writeReply(_ reply: EmbeddingsReply, _ form: EmbeddingsForm) throws(TranslationError) -> JSONValue {
        guard let vector = reply.vectors.first else { throw TranslationError("it has no vectors") }
        return ["embedding": ["values": try vector.numbers(at: "data[0].embedding")]]
    }
}

/// Gemini's `batchEmbedContents`: any number of texts.
struct GeminiEmbeddings: EmbeddingsTranslation {
    static func readRequest(_ json: JSONValue) throws(TranslationError) -> EmbeddingsRequest {
        var fields = try FieldReader(json, spelling: .protobuf)
        var request = EmbeddingsRequest(model: try fields.string("model") ?? "")
        for (index, entry) in (try fields.objects("requests")).enumerated() {
            var entry = entry
            if let model = try entry.string("model"), request.model.isEmpty { request.model = model }
            request.texts.append(try readText(&entry, &request))
            let dimensions = try entry.int("outputDimensionality")
            guard index == 0 || dimensions == request.dimensions else {
                throw entry.error("differs from that of the first; all must be equal", "outputDimensionality")
            }
            request.dimensions = dimensions
            entry.dropRest(from: &request.dropped)
        }
        guard !request.texts.isEmpty else {
            throw fields.error("is missing; allowed is an array of at least one request", "requests")
        }
        fields.dropRest(from: &request.dropped)
        return request
    }

    /// The text of a content, whose parts become one vector.
    static func readText(
        _ fields: inout FieldReader, _ request: inout EmbeddingsRequest
    ) throws(TranslationError) -> String {
        guard var content = try fields.object("content") else {
            throw fields.error("is missing; allowed is an object with parts", "content")
        }
        _ = content.value("role")
        var texts: [String] = []
        for var part in try content.objects("parts") {
            guard let text = try part.string("text") else {
                throw TranslationError("is no text; another provider embeds only texts", parameter: part.path)
            }
            texts.append(text)
        }
        guard !texts.isEmpty else { throw content.error("is missing; allowed is an array of texts", "parts") }
        return texts.joined(separator: "\n")
    }

    static func writeRequest(_ request: EmbeddingsRequest) throws(TranslationError) -> JSONValue {
        ["requests": .array(request.texts.map { write($0, request) })]
    }

    /// One request; its model must be the one in the path.
    static func write(_ text: String, _ request: EmbeddingsRequest) -> JSONValue {
        var object: JSONObject = [
            "model": .string(GeminiResource.name(request.model)), "content": ["parts": [GeminiPart.text(text)]],
        ]
        object.set("outputDimensionality", request.dimensions)
        return .object(object)
    }

    static func readReply(_ json: JSONValue) throws(TranslationError) -> EmbeddingsReply {
        var fields = try FieldReader(json)
        var vectors: [EmbeddingVector] = []
        for var entry in try fields.objects("embeddings") {
            vectors.append(try EmbeddingVector(entry.value("values"), at: entry.path(of: "values")))
        }
        return EmbeddingsReply(vectors: vectors, promptTokens: TokenCounts(gemini: json["usageMetadata"])?.prompt)
    }

    static func writeReply(_ reply: EmbeddingsReply, _ form: EmbeddingsForm) throws(TranslationError) -> JSONValue {
        var vectors: [JSONValue] = []
        for (index, vector) in reply.vectors.enumerated() {
            vectors.append(["values": try vector.numbers(at: "data[\(index)].embedding")])
        }
        return ["embeddings": .array(vectors)]
    }
}
