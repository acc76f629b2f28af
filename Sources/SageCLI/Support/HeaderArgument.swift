import HTTPTypes

/// Reads a header field as people write it: `Name: value`.
enum HeaderArgument {
    /// Reads one.
    ///
    /// - Throws: ``OptionValue/Refusal`` for a text without a colon, with a name that is no header's or a value that no
    ///   header can have.
    static let parse: @Sendable (String) throws -> HTTPField = { text in
        let refusal = OptionValue.Refusal(allowed: "'Name: value', for example 'retry-after: 7'")
        guard let colon = text.firstIndex(of: ":"), let name = HTTPField.Name(String(text[..<colon])) else {
            throw refusal
        }
        var value = text[colon...].dropFirst()
        while let first = value.first, first.isWhitespace { value.removeFirst() }
        while let last = value.last, last.isWhitespace { value.removeLast() }
        guard HTTPField.isValidValue(String(value)) else { throw refusal }
        return HTTPField(name: name, value: String(value))
    }
}
