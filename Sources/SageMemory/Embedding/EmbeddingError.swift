public import SageResilience

/// An embedder that returned something that is no vector of its kind.
///
/// Its fault: it counts against it, and the texts are tried again later.
public enum EmbeddingError: ClassifiedError, Sendable, Hashable, CustomStringConvertible {
    /// It returned another number of vectors than it was given texts.
    case count(embedder: String, returned: Int, expected: Int)
    /// A vector is not as long as those before it.
    case dimension(embedder: String, returned: Int, expected: Int)
    /// A vector has a number that is none (NaN) or infinite, or is all zeros and so has no direction.
    case noDirection(embedder: String)

    /// The error as a sentence.
    public var description: String {
        switch self {
        case .count(let embedder, let returned, let expected):
            "\(embedder) returned \(returned) vectors for \(expected) texts"
        case .dimension(let embedder, let returned, let expected):
            "\(embedder) returned a vector of \(returned) numbers; allowed is \(expected)"
                + ". A model of another dimension needs another name"
        case .noDirection(let embedder):
            "\(embedder) returned a vector that has no direction: all zeros, NaN or infinite"
        }
    }

    /// The provider's fault, and not mended by asking again at once.
    public var classification: ErrorClassification { ErrorClassification(.permanent, fault: .provider) }
}
