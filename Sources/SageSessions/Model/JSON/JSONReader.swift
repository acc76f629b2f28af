/// Reads JSON into trees; what it had to mend in strings is counted.
package struct JSONReader {
    /// How many broken pieces of UTF-8 and lone surrogates became U+FFFD.
    package private(set) var replacements = 0
    /// How many numbers without a value became null.
    package private(set) var notFinite = 0

    private let bytes: [UInt8]
    private let limits: JSONLimits
    private let nullsNotFinite: Bool

    /// Creates a reader of one value.
    ///
    /// - Parameters:
    ///   - bytes: The text in UTF-8; a byte order mark before it is skipped.
    ///   - limits: How large and how deep it may be.
    ///   - nullsNotFinite: Whether `NaN`, `Infinity` and `-Infinity` are read as null rather than refused.
    package init(_ bytes: [UInt8], limits: JSONLimits, nullsNotFinite: Bool = false) {
        self.bytes = bytes
        self.limits = limits
        self.nullsNotFinite = nullsNotFinite
    }

    /// Reads the value and checks that nothing follows it.
    package mutating func read() throws(JSONTextError) -> JSONNode {
        guard bytes.count <= limits.maximumBytes else {
            throw JSONTextError(
                problem: .tooLarge(bytes: bytes.count, limit: limits.maximumBytes), offset: 0, line: 1, column: 1)
        }
        let (replacements, notFinite, result) = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, maximumDepth: limits.maximumDepth, nullsNotFinite: nullsNotFinite)
            let result = Result { () throws(JSONTextError) in try parser.read() }
            return (parser.replacements, parser.notFinite, result)
        }
        self.replacements = replacements
        self.notFinite = notFinite
        return try result.get()
    }
}

extension JSONNode {
    /// Reads one value.
    ///
    /// - Throws: ``JSONTextError``, which says where.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONTextError) {
        var reader = JSONReader(bytes, limits: limits)
        self = try reader.read()
    }
}
