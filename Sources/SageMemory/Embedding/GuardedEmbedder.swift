import SageResilience
import Synchronization

/// An embedder behind a time limit and a circuit breaker, whose every answer is checked.
///
/// Nothing is repeated here: a memory that could not be embedded waits among the pending ones, a query goes on without
/// vectors. Thread-safe.
final class GuardedEmbedder: Sendable {
    /// The embedder.
    let embedder: any Embedder
    /// Guards it.
    let breaker: CircuitBreaker
    /// Whether it works.
    let condition: EmbedderCondition
    private let pipeline: ResiliencePipeline
    /// How long vectors are; nil until that is known.
    private let known: Mutex<Int?>

    init(
        _ embedder: any Embedder, _ configuration: MemoryConfiguration, clock: any Clock<Duration>,
        random: RandomSource, listener: (any ResilienceListener)?,
        onChange: @escaping @Sendable (String?) -> Void = { _ in }
    ) throws(ConfigurationError) {
        if let dimension = embedder.dimension, !(1...16_000).contains(dimension) {
            throw ConfigurationError(field: "embedder.dimension", value: dimension, allowed: "1 to 16000")
        }
        if embedder.maxBatchSize < 1 {
            throw ConfigurationError(field: "embedder.maxBatchSize", value: embedder.maxBatchSize, allowed: "1 or more")
        }
        if embedder.maxTextBytes < 4 {
            throw ConfigurationError(field: "embedder.maxTextBytes", value: embedder.maxTextBytes, allowed: "4 or more")
        }
        if embedder.name.isEmpty || embedder.name.utf8.count > 512 || embedder.name.utf8.contains(0) {
            throw ConfigurationError(
                field: "embedder.name", value: embedder.name.prefix(64), allowed: "1 to 512 bytes without NUL")
        }
        self.embedder = embedder
        let name = "memory.embedder"
        let breaker = CircuitBreaker(
            name, configuration.embedderBreaker, clock: clock, random: random, listener: listener)
        self.breaker = breaker
        self.condition = EmbedderCondition(onChange)
        let limiter = try TimeLimiter(name, configuration.embeddingTimeLimit, clock: clock, listener: listener)
        self.pipeline = ResiliencePipeline(name, clock: clock, random: random, listener: listener) {
            breaker
            limiter
        }
        self.known = Mutex(embedder.dimension)
    }

    /// The name of the embedder.
    var name: String { embedder.name }
    /// How long vectors are; nil until that is known.
    var dimension: Int? { known.withLock { $0 } }

    /// Learns from the store how long the vectors of this name are.
    func learn(dimension: Int) {
        known.withLock { $0 = $0 ?? dimension }
    }

    /// Embeds any number of texts.
    func embed(_ texts: [String]) async throws -> [UnitVector] {
        try await embed(texts) { [name] vectors in
            try vectors.map { vector in
                guard let vector else { throw EmbeddingError.noDirection(embedder: name) }
                return vector
            }
        }
    }

    /// Embeds any number of texts; nil for one whose vector has no direction, while that of another of its call has.
    func embedEach(_ texts: [String]) async throws -> [UnitVector?] {
        try await embed(texts) { [name] vectors in
            guard vectors.contains(where: { $0 != nil }) else { throw EmbeddingError.noDirection(embedder: name) }
            return vectors
        }
    }

    private func embed<Vector: Sendable>(
        _ texts: [String], _ judge: @escaping @Sendable ([UnitVector?]) throws -> [Vector]
    ) async throws -> [Vector] {
        var vectors: [Vector] = []
        for start in stride(from: 0, to: texts.count, by: embedder.maxBatchSize) {
            let end = min(start + embedder.maxBatchSize, texts.count)
            let batch = texts[start..<end].map { $0.cut(toBytes: embedder.maxTextBytes) }
            do {
                vectors += try await pipeline.execute { try judge(try await self.embedBatch(batch)) }
            } catch {
                if !Task.isCancelled { condition.failed(error) }
                throw error
            }
            condition.succeeded()
        }
        return vectors
    }

    private func embedBatch(_ texts: [String]) async throws -> [UnitVector?] {
        let vectors = try await embedder.embed(texts)
        guard vectors.count == texts.count else {
            throw EmbeddingError.count(embedder: name, returned: vectors.count, expected: texts.count)
        }
        return try vectors.map { vector in
            let expected = known.withLock { known in
                if known == nil, (1...16_000).contains(vector.count) { known = vector.count }
                return known ?? 0
            }
            guard vector.count == expected else {
                throw EmbeddingError.dimension(embedder: name, returned: vector.count, expected: expected)
            }
            return UnitVector(vector)
        }
    }

    /// An error of the embedder as a sentence: of those of others only the type, since their text may hold secrets.
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as any ResilienceRejection: return error.description
        case let error as EmbeddingError: return error.description
        case let error as TimeLimiterError: return String(describing: error)
        case let error as any TellingError: return error.description
        default:
            let errorClass = ErrorClassifier.default.classify(error).errorClass.rawValue
            return "the embedder failed: \(type(of: error)) (\(errorClass))"
        }
    }
}

/// An error whose description is meant for users and operators, without secrets.
package protocol TellingError: Error, CustomStringConvertible {}

extension String {
    /// The text up to a number of bytes, cut between characters of Unicode.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
