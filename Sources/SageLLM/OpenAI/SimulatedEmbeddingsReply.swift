/// A made-up answer to `POST /v1/embeddings`: what the simulated and the mock provider send.
package struct SimulatedEmbeddingsReply: Sendable, Hashable {
    private let model: String
    private let inputs: [Input]
    private let dimensions: Int
    private let isBase64: Bool

    private enum Input: Sendable, Hashable {
        case text(String)
        case tokens([Int])
    }

    /// How many inputs one request may have.
    package static let maximumInputs = 2_048
    /// How many dimensions a request may ask for.
    package static let maximumDimensions = 8_192

    /// Reads a request: `model`, `input` (a string, strings, tokens, or arrays of tokens), `dimensions` and
    /// `encoding_format`.
    ///
    /// - Throws: ``JSONFieldError``, which names the field.
    package init(to request: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(request)
        model = try fields.required(fields.string("model"), "model", "a string")
        inputs = try Self.inputs(fields.value("input"))
        let dimensions = try fields.int("dimensions")
        if let dimensions, !(1...Self.maximumDimensions).contains(dimensions) {
            throw JSONFieldError(
                field: "dimensions", expected: "an integer from 1 to \(Self.maximumDimensions)", found: .number)
        }
        self.dimensions = dimensions ?? SimulatedEmbedding.dimensions(of: model)
        switch try fields.string("encoding_format") {
        case nil, "float": isBase64 = false
        case "base64": isBase64 = true
        default: throw JSONFieldError(field: "encoding_format", expected: "float or base64", found: .string)
        }
    }

    private static func inputs(_ value: JSONValue?) throws(JSONFieldError) -> [Input] {
        let allowed = "a string, an array of strings, an array of tokens or an array of such arrays"
        func refused(_ value: JSONValue?, at field: String = "input") -> JSONFieldError {
            JSONFieldError(field: field, expected: "\(allowed), none of them empty", found: value?.kind)
        }
        switch value {
        case .string(let text) where !text.isEmpty:
            return [.text(text)]
        case .array(let elements) where !elements.isEmpty:
            if let tokens = tokens(elements) { return [.tokens(tokens)] }
            guard elements.count <= maximumInputs else {
                throw JSONFieldError(field: "input", expected: "at most \(maximumInputs) inputs", found: .array)
            }
            var inputs: [Input] = []
            for (index, element) in elements.enumerated() {
                switch element {
                case .string(let text) where !text.isEmpty: inputs.append(.text(text))
                case .array(let nested):
                    guard !nested.isEmpty, let tokens = tokens(nested) else { fallthrough }
                    inputs.append(.tokens(tokens))
                default: throw refused(element, at: "input[\(index)]")
                }
            }
            return inputs
        default: throw refused(value)
        }
    }

    private static func tokens(_ elements: [JSONValue]) -> [Int]? {
        var tokens: [Int] = []
        for element in elements {
            guard let token = element.intValue else { return nil }
            tokens.append(token)
        }
        return tokens
    }
}

extension SimulatedEmbeddingsReply {
    /// The estimated tokens of the inputs; tokens count as they are.
    package var tokens: Int {
        inputs.reduce(0) { count, input in
            switch input {
            case .text(let text): count + SimulatedReply.estimatedTokens(text)
            case .tokens(let tokens): count + tokens.count
            }
        }
    }

    /// The answer as JSON.
    package var json: JSONValue {
        let data = inputs.enumerated().map { index, input -> JSONValue in
            let embedding =
                switch input {
                case .text(let text): SimulatedEmbedding(text, dimensions: dimensions)
                case .tokens(let tokens): SimulatedEmbedding(tokens: tokens, dimensions: dimensions)
                }
            return [
                "object": "embedding", "index": .integer(Int64(index)),
                "embedding": isBase64 ? .string(embedding.base64) : embedding.json,
            ]
        }
        let tokens = JSONValue.integer(Int64(tokens))
        return [
            "object": "list", "data": .array(data), "model": .string(model),
            "usage": ["prompt_tokens": tokens, "total_tokens": tokens],
        ]
    }
}
