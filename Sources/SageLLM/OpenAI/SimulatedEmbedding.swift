#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A made-up embedding, the same for the same words on every machine, of length 1.
///
/// Each word adds or subtracts in a few dimensions that follow from its hash (feature hashing; Weinberger and others,
/// *Feature Hashing for Large Scale Multitask Learning*, ICML 2009). Texts that share words are therefore near each
/// other, which is enough to try a search with; the meaning of words plays no part.
package struct SimulatedEmbedding: Sendable, Hashable {
    /// The components.
    package let values: [Float]

    /// How many dimensions a word reaches.
    private static let spread = 8

    /// - Parameters:
    ///   - text: What is embedded; case does not matter.
    ///   - dimensions: The number of components, at least 1.
    package init(_ text: String, dimensions: Int) {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        self.init(features: (words.isEmpty ? [text[...]] : words).map(Self.hash), dimensions: dimensions)
    }

    /// - Parameters:
    ///   - tokens: What is embedded.
    ///   - dimensions: The number of components, at least 1.
    package init(tokens: [Int], dimensions: Int) {
        self.init(features: tokens.map { UInt64(bitPattern: Int64($0)) }, dimensions: dimensions)
    }

    private init(features: [UInt64], dimensions: Int) {
        var counts = Array(repeating: 0, count: max(1, dimensions))
        for feature in features {
            var state = feature
            for _ in 0..<Self.spread {
                let bits = Self.mix(&state)
                counts[Int((bits >> 1) % UInt64(counts.count))] += bits & 1 == 0 ? 1 : -1
            }
        }
        // Opposite words can cancel each other out; a vector of length 0 would have no direction.
        if counts.allSatisfy({ $0 == 0 }) { counts[0] = 1 }
        let length = counts.reduce(0) { $0 + Double($1 * $1) }.squareRoot()
        values = counts.map { Float(Double($0) / length) }
    }

    /// FNV-1a over the UTF-8 bytes: Swift's own hash differs from run to run.
    private static func hash(_ word: Substring) -> UInt64 {
        word.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// SplitMix64.
    private static func mix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension SimulatedEmbedding {
    /// The components as a JSON array with the fewest digits that tell each `Float` from its neighbours.
    package var json: JSONValue {
        .array(values.map { $0 == 0 ? .integer(0) : .double(Double($0.description) ?? Double($0)) })
    }

    /// The components as base64 of 32-bit floats in little-endian order, the form that OpenAI's clients ask for.
    package var base64: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 4)
        for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return Data(bytes).base64EncodedString()
    }

    /// The dimensions that a model of this name has when the request names none.
    package static func dimensions(of model: String) -> Int {
        if model.contains("3-large") || model.contains("gemini-embedding") { return 3_072 }
        if model.contains("bge-") || model.contains("Qwen3-Embedding") { return 1_024 }
        return 1_536
    }
}
