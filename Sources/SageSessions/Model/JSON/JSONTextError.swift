/// A text that is not JSON, or more of it than is allowed.
public struct JSONTextError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with a text.
    @nonexhaustive
    public enum Problem: Sendable, Hashable {
        /// The text ends within a value.
        case unexpectedEnd
        /// Something else stands where `expected` should.
        case unexpected(found: String, expected: String)
        /// A string has a control character that has to be escaped.
        case controlCharacter
        /// A string has an escape that JSON does not have.
        case invalidEscape
        /// A number is not written as JSON writes them.
        case invalidNumber
        /// `NaN`, `Infinity` or `-Infinity`, which Python writes and JSON does not have.
        case notFinite(String)
        /// Too many arrays and objects stand within each other.
        case tooDeep(limit: Int)
        /// The text is too long.
        case tooLarge(bytes: Int, limit: Int)
    }

    /// What is wrong.
    public var problem: Problem
    /// Where, in bytes from the start.
    public var offset: Int
    /// Where, in lines from 1.
    public var line: Int
    /// Where, in bytes from 1 within the line.
    public var column: Int

    /// The text for people.
    public var description: String {
        switch problem {
        case .tooLarge(let bytes, let limit): "the JSON text has \(bytes) bytes; allowed are \(limit)"
        case .tooDeep(let limit): "\(place): arrays and objects nest deeper than \(limit) levels"
        case .unexpectedEnd: "\(place): the JSON text ends within a value"
        case .unexpected(let found, let expected): "\(place): found \(found); allowed is \(expected)"
        case .controlCharacter: "\(place): a control character within a string; it has to be escaped"
        case .invalidEscape:
            #"\#(place): an escape that JSON does not have; allowed are \" \\ \/ \b \f \n \r \t \uXXXX"#
        case .invalidNumber: "\(place): a number that JSON does not allow"
        case .notFinite(let token): "\(place): \(token) is no JSON; allowed are finite numbers and null"
        }
    }

    private var place: String { "line \(line), column \(column)" }
}
