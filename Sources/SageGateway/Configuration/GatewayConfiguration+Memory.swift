extension GatewayConfiguration {
    /// How memory is searched and what is put into it.
    package struct Memory: Sendable, Hashable {
        /// The model that makes vectors of texts; nil uses the built-in lexical one.
        package var embeddings: Embeddings?
        /// What `/chat` looks up before it asks a model.
        package var recall = Recall()
        /// What `/chat` saves of a turn where the request does not say it.
        package var save = Saving.user

        /// Creates the defaults.
        package init() {}

        /// The model that makes vectors of texts.
        package struct Embeddings: Sendable, Hashable {
            /// The model, by a name of `models` or as `provider/model`.
            package var model: String
            /// The length of the vectors, for models that let one choose; nil takes what the model gives.
            package var dimensions: Int?
        }

        /// What `/chat` looks up before it asks a model.
        package struct Recall: Sendable, Hashable {
            /// Whether anything is looked up where the request does not say it.
            package var enabled = true
            /// The most memories.
            package var k = 5
            /// How they are found.
            package var mode = Mode.hybrid
            /// The most characters that they take of a request together.
            package var maxCharacters = 8_000
            /// How alike a memory and a message must be that share no telling word: the cosine of their vectors.
            package var minSimilarity = 0.3

            /// Creates the defaults.
            package init() {}
        }

        /// How memories are found.
        package enum Mode: String, Sendable, Hashable, CaseIterable {
            /// By words and by meaning, merged by rank.
            case hybrid
            /// By meaning.
            case vector
            /// By words.
            case text
        }

        /// What is saved of a turn.
        package enum Saving: String, Sendable, Hashable, CaseIterable {
            /// Nothing.
            case off
            /// The user's message.
            case user
            /// The user's message and the answer to it, each for itself.
            case turn
        }
    }
}

extension GatewayConfiguration.Memory {
    static let fields = FieldTable(
        [
            Field("embeddings", optional: \.embeddings, Embeddings.fields.format),
            Field("recall", \.recall, Recall.fields.format),
            Field("save", \.save, .word()),
        ],
        initial: { GatewayConfiguration.Memory() })
}

extension GatewayConfiguration.Memory.Embeddings {
    static let fields = FieldTable(
        [
            Field("model", \.model, .text, isRequired: true),
            Field("dimensions", optional: \.dimensions, .integer(1...16_384)),
        ],
        initial: { GatewayConfiguration.Memory.Embeddings(model: "") })
}

extension GatewayConfiguration.Memory.Recall {
    static let fields = FieldTable(
        [
            Field("enabled", \.enabled, .flag),
            Field("k", \.k, .integer(1...100)),
            Field("mode", \.mode, .word()),
            Field("maxCharacters", \.maxCharacters, .integer(100...1_000_000)),
            Field("minSimilarity", \.minSimilarity, .number(0...1)),
        ],
        initial: { GatewayConfiguration.Memory.Recall() })
}
