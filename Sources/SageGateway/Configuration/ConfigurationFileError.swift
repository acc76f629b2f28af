/// Everything that is wrong with a configuration file, found in one reading.
///
/// Its description has one line a problem, in the form that editors and terminals make clickable:
/// `sage.yaml:12:5: policies.default.retry.maxAttempts: is 0; allowed is 1 to 100`.
package struct ConfigurationFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One mistake, with its place.
    package struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// The file as it was named by the caller.
        package let file: String
        /// The line, from 1; nil where the file as a whole is meant.
        package let line: Int?
        /// The column, from 1, counted in Unicode scalars; nil where the file as a whole is meant.
        package let column: Int?
        /// The full path of the field, for example `providers.openai.apiKey`; empty for a mistake of syntax.
        package let field: String
        /// What is wrong and what is allowed; never contains a secret.
        package let message: String

        package var description: String {
            var place = file
            if let line { place += ":\(line)" }
            if line != nil, let column { place += ":\(column)" }
            return field.isEmpty ? "\(place): \(message)" : "\(place): \(field): \(message)"
        }
    }

    /// The most problems that one error lists; a last entry tells how many more there are.
    package static let maximumProblems = 100

    /// The problems in the order of the file; never empty.
    package let problems: [Problem]

    /// Creates an error from the problems that were found.
    ///
    /// - Parameter problems: The problems in any order.
    init(_ problems: [Problem]) {
        let sorted = problems.enumerated().sorted { first, second in
            (first.element.line ?? 0, first.element.column ?? 0, first.offset)
                < (second.element.line ?? 0, second.element.column ?? 0, second.offset)
        }.map(\.element)
        var listed = Array(sorted.prefix(Self.maximumProblems))
        if let last = listed.last, sorted.count > listed.count {
            let more = sorted.count - listed.count
            listed.append(
                Problem(
                    file: last.file, line: nil, column: nil, field: "", message: "and at least \(more) more problems"))
        }
        self.problems = listed
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
