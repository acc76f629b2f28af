/// A mistake in a fault script.
public struct FaultScriptError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line, counted from 1; nil when the mistake has no place.
    public let line: Int?
    /// Where in the script, for example `rules[0].steps[2].status`; empty for the script as a whole.
    public let field: String
    /// What is wrong and what is allowed.
    public let problem: String

    package init(line: Int?, field: String = "", problem: String) {
        self.line = line
        self.field = field
        self.problem = problem
    }

    /// The place and the problem.
    public var description: String {
        var place: [String] = []
        if let line { place.append("line \(line)") }
        if !field.isEmpty { place.append(field) }
        return place.isEmpty ? problem : place.joined(separator: ", ") + ": " + problem
    }
}
