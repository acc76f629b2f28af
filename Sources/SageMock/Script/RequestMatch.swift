/// What a request has to look like for a rule to answer it; a nil or empty condition holds for every request.
package struct RequestMatch: Sendable, Hashable {
    /// The path without its query.
    package var path: Wildcard?
    /// The request's model.
    package var model: Wildcard?
    /// Whether the request asks for a stream.
    package var isStream: Bool?
    /// Headers that have to be there, all of them; names in lower case.
    package var headers: [String: Wildcard] = [:]

    package init() {}

    /// Whether all conditions hold.
    package func matches(_ request: RequestFacts) -> Bool {
        if let path, !path.matches(request.path) { return false }
        if let model, request.model.map(model.matches) != true { return false }
        if let isStream, isStream != request.isStream { return false }
        return headers.allSatisfy { name, value in request.headers[name].map(value.matches) ?? false }
    }
}

/// What a rule can see of a request.
package struct RequestFacts: Sendable, Hashable {
    /// The path without its query.
    package var path: String
    /// The model asked for; nil when the body names none.
    package var model: String?
    /// Whether the request asks for a stream.
    package var isStream: Bool
    /// Header values by name in lower case; several values are joined with a comma and a space.
    package var headers: [String: String]

    package init(path: String, model: String? = nil, isStream: Bool = false, headers: [String: String] = [:]) {
        self.path = path
        self.model = model
        self.isStream = isStream
        self.headers = headers
    }
}

/// A text in which every `*` stands for any number of characters.
package struct Wildcard: Sendable, Hashable {
    private let pieces: [[UInt8]]

    package init(_ pattern: String) {
        self.pieces = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// Whether the whole of `text` fits the pattern.
    package func matches(_ text: String) -> Bool {
        guard let first = pieces.first, let last = pieces.last else { return text.isEmpty }
        var rest = Array(text.utf8)[...]
        guard pieces.count > 1 else { return rest.elementsEqual(first) }
        guard rest.starts(with: first) else { return false }
        rest = rest.dropFirst(first.count)
        guard rest.count >= last.count, rest.suffix(last.count).elementsEqual(last) else { return false }
        rest = rest.dropLast(last.count)
        // The leftmost place of each piece leaves the most room for the following ones, so no backtracking is needed.
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let end = Self.end(of: piece, in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func end(of piece: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
        guard text.count >= piece.count else { return nil }
        for start in text.startIndex...(text.endIndex - piece.count)
        where text[start..<start + piece.count].elementsEqual(piece) {
            return start + piece.count
        }
        return nil
    }
}
