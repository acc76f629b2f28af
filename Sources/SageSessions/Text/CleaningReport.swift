/// What cleaning changed in a text.
public struct CleaningReport: Sendable, Hashable, CustomStringConvertible {
    /// How many NUL characters were taken out.
    public var removedNULs: Int
    /// How many pieces of broken UTF-8 and lone surrogates became U+FFFD.
    public var replacements: Int

    /// Creates a report.
    ///
    /// - Parameters:
    ///   - removedNULs: How many NUL characters were taken out. Defaults to 0.
    ///   - replacements: How many broken pieces became U+FFFD. Defaults to 0.
    public init(removedNULs: Int = 0, replacements: Int = 0) {
        self.removedNULs = removedNULs
        self.replacements = replacements
    }

    /// Whether nothing was changed.
    public var isEmpty: Bool { removedNULs == 0 && replacements == 0 }

    /// Adds what another cleaning changed.
    public mutating func add(_ other: CleaningReport) {
        removedNULs += other.removedNULs
        replacements += other.replacements
    }

    /// The text for people.
    public var description: String {
        isEmpty ? "nothing" : "\(removedNULs) NUL removed, \(replacements) broken characters replaced"
    }
}
