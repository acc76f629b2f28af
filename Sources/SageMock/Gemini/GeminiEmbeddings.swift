import SageLLM

/// Gemini's answers to `embedContent` and `batchEmbedContents`.
enum GeminiEmbeddings {
    /// How many contents one request may have.
    private static let maximumContents = 100

    /// Answers `embedContent`.
    static func one(_ fields: RequestFields, model: String) throws -> JSONValue {
        ["embedding": ["values": try values(fields, model: model)]]
    }

    /// Answers `batchEmbedContents`.
    static func batch(_ fields: RequestFields, model: String) throws -> JSONValue {
        let requests = try fields.required(fields.objects("requests"), "requests", "an array")
        guard (1...maximumContents).contains(requests.count) else {
            throw RequestMistake(
                "* BatchEmbedContentsRequest.requests: at least 1 and at most \(maximumContents) requests can be in "
                    + "one batch")
        }
        return [
            "embeddings": .array(
                try requests.map { request in
                    let own = try request.required(request.string("model"), "model", "a string")
                    guard own == "models/\(model)" else {
                        throw RequestMistake(
                            "* \(request.place).model: must match the model specified in the batch request")
                    }
                    return ["values": try values(request, model: model)]
                })
        ]
    }

    private static func values(_ fields: RequestFields, model: String) throws -> JSONValue {
        let content = try fields.required(fields.object("content"), "content", "an object")
        let dimensions =
            try fields.int("outputDimensionality") ?? fields.int("output_dimensionality")
            ?? SimulatedEmbedding.dimensions(of: model)
        guard (1...SimulatedEmbeddingsReply.maximumDimensions).contains(dimensions) else {
            throw RequestMistake(
                "\(fields.place(of: "outputDimensionality")) is \(dimensions); allowed is an integer from 1 to "
                    + "\(SimulatedEmbeddingsReply.maximumDimensions)")
        }
        let text = try Conversation.text(of: content)
        guard !text.isEmpty else { throw RequestMistake("content is empty") }
        return SimulatedEmbedding(text, dimensions: dimensions).json
    }
}
