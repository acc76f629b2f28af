/// Takes a text apart into terms: folded words, and single characters and pairs where a script has no spaces.
///
/// The same terms are stored, asked for and embedded, so no database's own idea of words takes part, and a text in
/// Chinese is found as well as one in English.
struct TermScanner {
    /// One term.
    struct Term {
        /// What a term is.
        enum Kind: UInt8 {
            /// A word.
            case word = 1
            /// One character of a script without spaces.
            case single = 2
            /// Two such characters in a row.
            case pair = 3
        }

        /// What it is.
        var kind: Kind
        /// The folded text.
        var text: String
        /// Whether the run of such characters consists of this one alone.
        var isWholeRun: Bool
    }

    /// The longest word in scalars; the rest of a longer one is left out.
    static let maxWordLength = 64

    /// Calls `body` for each term in the order of the text, until it returns false.
    static func scan(_ text: String, _ body: (Term) -> Bool) {
        var scanner = TermScanner()
        for scalar in text.unicodeScalars {
            FoldedScalars.fold(scalar) { scanner.take($0, body) }
            if scanner.isStopped { return }
        }
        scanner.endWord(body)
        scanner.endRun(body)
    }

    private var word = String.UnicodeScalarView()
    private var wordLength = 0
    private var previous: Unicode.Scalar?
    private var runLength = 0
    private var isStopped = false

    private mutating func take(_ scalar: Unicode.Scalar, _ body: (Term) -> Bool) {
        switch WordRole(scalar) {
        case .letter:
            endRun(body)
            if wordLength < Self.maxWordLength {
                word.append(scalar)
                wordLength += 1
            }
        case .ideograph:
            endWord(body)
            if let previous {
                if runLength == 1 { emit(.single, String(previous), body) }
                emit(.pair, String(String.UnicodeScalarView([previous, scalar])), body)
                emit(.single, String(scalar), body)
            }
            previous = scalar
            runLength += 1
        case .separator:
            endWord(body)
            endRun(body)
        }
    }

    private mutating func endWord(_ body: (Term) -> Bool) {
        guard wordLength > 0 else { return }
        emit(.word, String(word), body)
        word.removeAll(keepingCapacity: true)
        wordLength = 0
    }

    private mutating func endRun(_ body: (Term) -> Bool) {
        if runLength == 1, let previous { emit(.single, String(previous), isWholeRun: true, body) }
        previous = nil
        runLength = 0
    }

    private mutating func emit(_ kind: Term.Kind, _ text: String, isWholeRun: Bool = false, _ body: (Term) -> Bool) {
        guard !isStopped else { return }
        isStopped = !body(Term(kind: kind, text: text, isWholeRun: isWholeRun))
    }
}
