/// An embedder without a model: texts are alike when they share words and parts of words.
///
/// It hashes the folded words of a text, their groups of three letters and, in scripts without spaces, characters and
/// pairs of them into a fixed number of buckets (feature hashing, Weinberger et al. 2009: each feature adds or subtracts
/// at one place, so that collisions cancel out on average), takes the square root of each bucket so that repetition
/// counts less, and brings the vector to length 1. It knows no synonyms and no grammar; what it gives is at once there,
/// costs nothing, and is the same on every machine and in every version: the name stands for the algorithm.
///
/// What a ``MemoryStore`` uses when it is given no other embedder. Thread-safe.
public struct LexicalEmbedder: Embedder {
    /// `sage-lexical-256`; 256 is the dimension.
    public let name = "sage-lexical-256"
    /// 256.
    public var dimension: Int? { Self.buckets }
    /// 256 texts a call.
    public var maxBatchSize: Int { 256 }
    /// 1 MiB of each text.
    public var maxTextBytes: Int { 1 << 20 }

    private static let buckets = 256

    /// Creates an embedder.
    public init() {}

    /// Embeds texts.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    @concurrent
    public func embed(_ texts: [String]) async throws -> [[Float]] {
        try texts.map { text in
            try Task.checkCancellation()
            return Self.embed(text)
        }
    }

    /// The vector of one text.
    package static func embed(_ text: String) -> [Float] {
        var sums = [Int32](repeating: 0, count: buckets)
        TermScanner.scan(text) { term in
            switch term.kind {
            case .word:
                sums.add(FeatureHash(.word, term.text.utf8), weight: 4)
                addTrigrams(of: term.text, to: &sums)
            case .pair: sums.add(FeatureHash(.pair, term.text.utf8), weight: 4)
            case .single: sums.add(FeatureHash(.single, term.text.utf8), weight: 1)
            }
            return true
        }
        // A text of nothing but signs, or one whose features cancel out: it is at least like itself.
        if sums.allSatisfy({ $0 == 0 }) { sums.add(FeatureHash(.raw, text.utf8), weight: 1) }
        let roots = sums.map { sum in (sum < 0 ? -1.0 : 1.0) * Double(sum.magnitude).squareRoot() }
        // Whole numbers, so the sum is exact in whatever order.
        let length = Double(sums.reduce(0 as Int64) { $0 + Int64($1.magnitude) }).squareRoot()
        return roots.map { Float($0 / length) }
    }

    /// Groups of three letters, with a mark at either end of the word.
    private static func addTrigrams(of word: String, to sums: inout [Int32]) {
        var scalars: [Unicode.Scalar] = ["^"]
        scalars.append(contentsOf: word.unicodeScalars)
        scalars.append("$")
        guard scalars.count > 3 else { return }
        for start in 0...(scalars.count - 3) {
            var hash = FeatureHash(.trigram)
            for scalar in scalars[start..<(start + 3)] { hash.mix(scalar) }
            sums.add(hash, weight: 1)
        }
    }
}

extension [Int32] {
    /// Adds a feature at its place, with its sign.
    fileprivate mutating func add(_ hash: FeatureHash, weight: Int32) {
        let bits = hash.finished
        let place = Int(bits % UInt64(count))
        self[place] = bits >> 63 == 0 ? self[place] &+ weight : self[place] &- weight
    }
}
