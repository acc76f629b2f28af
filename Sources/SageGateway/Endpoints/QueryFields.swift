import Hummingbird

/// Reads the parameters of a request's address, strictly; errors name the parameter and what is allowed.
struct QueryFields {
    private let values: [(name: String, value: String)]

    /// Reads the parameters.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - allowed: Their names; `key` is always one, in which some clients send their key.
    /// - Throws: ``GatewayError`` for others, for one that stands twice, and for what is no text.
    init(_ request: Request, allowed: [String]) throws(GatewayError) {
        var values: [(name: String, value: String)] = []
        for part in (request.uri.query ?? "").split(separator: "&") {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pieces.count > 1 ? String(pieces[1]).replacing("+", with: " ") : ""
            guard let name = String(pieces[0]).exactlyPercentDecoded, let value = value.exactlyPercentDecoded else {
                throw GatewayError(.invalidRequest, "the query does not stand for valid UTF-8")
            }
            guard allowed.contains(name) || name == "key" else {
                throw GatewayError(
                    .invalidRequest,
                    "\(Printable.value(name)) is not a parameter of this request; allowed are "
                        + allowed.joined(separator: ", "), parameter: String(name.prefix(128)))
            }
            guard !values.contains(where: { $0.name == name }) else {
                throw GatewayError(.invalidRequest, "\(name): stands twice in the query", parameter: name)
            }
            if !value.isEmpty { values.append((name, value)) }
        }
        self.values = values
    }

    /// The value of a parameter; nil when it is missing or empty.
    subscript(_ name: String) -> String? { values.first { $0.name == name }?.value }

    func flag(_ name: String) throws(GatewayError) -> Bool? {
        switch self[name] {
        case nil: return nil
        case "true": return true
        case "false": return false
        case let text?:
            throw GatewayError(
                .invalidRequest, "\(name): is \(Printable.value(text)); allowed is true, false", parameter: name)
        }
    }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(GatewayError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw GatewayError(
                .invalidRequest,
                "\(name): a whole number from \(range.lowerBound) to \(range.upperBound) is expected, found "
                    + Printable.value(text), parameter: name)
        }
        return number
    }

    func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Word.Type
    ) throws(GatewayError) -> Word? where Word.RawValue == String {
        guard let text = self[name] else { return nil }
        guard let word = Word(rawValue: text) else {
            throw GatewayError(
                .invalidRequest,
                "\(name): is \(Printable.value(text)); allowed is "
                    + Word.allCases.map(\.rawValue).joined(separator: ", "), parameter: name)
        }
        return word
    }

    func id(_ name: String) throws(GatewayError) -> String? {
        try self[name].map { (text) throws(GatewayError) in try BodyFields.checkedID(text, name) }
    }
}
