/// A part of a search that was left out or is incomplete, and why.
public struct Degradation: Sendable, Hashable, CustomStringConvertible {
    /// The parts of a search.
    @nonexhaustive
    public enum Part: String, Sendable, Hashable, CaseIterable {
        /// The search by vectors.
        case vectors
        /// The search by words.
        case text
    }

    /// What is degraded.
    public let what: Part
    /// Why, in a sentence without secrets.
    public let why: String

    /// Creates a degradation.
    ///
    /// - Parameters:
    ///   - what: What is degraded.
    ///   - why: Why, in a sentence without secrets.
    public init(_ what: Part, why: String) {
        self.what = what
        self.why = why
    }

    /// The degradation as a sentence.
    public var description: String { "\(what.rawValue): \(why)" }
}
