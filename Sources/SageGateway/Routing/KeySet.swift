/// A set of a provider's keys, by their positions in the configuration.
package struct KeySet: Sendable, Hashable {
    /// The most keys that a provider can have: one bit each.
    package static let capacity = 64

    private var bits: UInt64 = 0

    /// Creates an empty set.
    package init() {}

    /// Whether no key is in it.
    package var isEmpty: Bool { bits == 0 }

    /// Whether a key is in it.
    package func contains(_ key: Int) -> Bool { bits & 1 << UInt64(key) != 0 }

    /// Adds a key.
    package mutating func insert(_ key: Int) { bits |= 1 << UInt64(key) }

    /// The keys of either set.
    package func union(_ other: KeySet) -> KeySet {
        var result = self
        result.bits |= other.bits
        return result
    }
}
