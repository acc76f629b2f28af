/// The terms of a text as the text index stores them, and those of a query.
enum SearchTerms {
    /// How many terms of one text are indexed.
    static let maxIndexedTerms = 50_000
    /// How many bytes the indexed terms of one text have at most; PostgreSQL indexes no more than a megabyte.
    static let maxIndexedBytes = 400_000
    /// How many different terms of a query are asked for.
    static let maxQueryTerms = 128

    /// The terms of a text, in its order.
    static func indexed(_ text: String) -> [String] {
        var terms: [String] = []
        var bytes = 0
        TermScanner.scan(text) { term in
            bytes += term.text.utf8.count + 1
            guard bytes <= maxIndexedBytes else { return false }
            terms.append(term.text)
            return terms.count < maxIndexedTerms
        }
        return terms
    }

    /// The different terms of a query: words and pairs, and a single character only where it stands alone.
    static func query(_ text: String) -> [String] {
        var terms: [String] = []
        var known: Set<String> = []
        TermScanner.scan(text) { term in
            guard term.kind != .single || term.isWholeRun, known.insert(term.text).inserted else { return true }
            terms.append(term.text)
            return terms.count < maxQueryTerms
        }
        return terms
    }

    /// A query of SQLite's FTS5 that matches any of the terms.
    ///
    /// Each is quoted: none of them is an operator.
    static func fts5(_ terms: [String]) -> String {
        terms.map { "\"\($0)\"" }.joined(separator: " OR ")
    }

    /// A query of PostgreSQL's full-text search that matches any of the terms.
    static func tsquery(_ terms: [String]) -> String {
        terms.map { "'\($0)'" }.joined(separator: "|")
    }

    /// The terms with their places, as PostgreSQL reads a `tsvector`.
    ///
    /// The text is this module's own, not that of PostgreSQL's parser, so that both databases find the same.
    static func tsvector(_ terms: [String]) -> String {
        // PostgreSQL keeps 255 places of a term, and none beyond this one.
        let (maxPlaces, lastPlace) = (255, 16_383)
        var places: [String: [Int]] = [:]
        for (index, term) in terms.enumerated() {
            let place = min(index + 1, lastPlace)
            if places[term, default: []].last != place, places[term, default: []].count < maxPlaces {
                places[term, default: []].append(place)
            }
        }
        return places.map { term, places in "'\(term)':\(places.map(String.init).joined(separator: ","))" }
            .joined(separator: " ")
    }
}
