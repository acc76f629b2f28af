/// What one reading of a file gathers: the problems, and where each field stood for the checks that come afterwards.
struct ConfigurationReader {
    typealias Problem = ConfigurationFileError.Problem

    /// Where a hopeless file stops costing time: suggestions compare each wrong name with all right ones.
    private static let maximumProblems = 250

    /// The variables that the file, and what is not written in it, refers to.
    let environment: [String: String]
    private let file: String
    private let substitution: EnvironmentSubstitution
    private var positions: [FieldPath: SourcePosition] = [:]
    private var refused: Set<FieldPath> = []
    private(set) var problems: [Problem] = []

    init(file: String, environment: [String: String]) {
        self.file = file
        self.environment = environment
        substitution = EnvironmentSubstitution(environment: environment)
    }

    /// Remembers where a field stands.
    mutating func record(_ path: FieldPath, at position: SourcePosition) {
        positions[path] = position
    }

    /// Adds a problem with a place.
    mutating func report(_ path: FieldPath, at position: SourcePosition, _ message: @autoclosure () -> String) {
        refused.insert(path)
        guard problems.count < Self.maximumProblems else { return }
        problems.append(
            Problem(
                file: file, line: position.line, column: position.column, field: path.description, message: message()))
    }

    /// Adds a problem that a check of the whole file found, unless the field has one already.
    ///
    /// - Parameters:
    ///   - path: The field.
    ///   - fallback: The field whose place stands in when `path` is not written in the file.
    ///   - message: What is wrong and what is allowed.
    mutating func report(_ path: FieldPath, or fallback: FieldPath? = nil, _ message: @autoclosure () -> String) {
        guard !refused.contains(path) else { return }
        refused.insert(path)
        guard problems.count < Self.maximumProblems else { return }
        let position = positions[path] ?? fallback.flatMap { positions[$0] }
        problems.append(
            Problem(
                file: file, line: position?.line, column: position?.column, field: path.description, message: message())
        )
    }

    /// Whether a field was written in the file.
    func isWritten(_ path: FieldPath) -> Bool { positions[path] != nil }

    /// Whether a field already has a problem.
    func isRefused(_ path: FieldPath) -> Bool { refused.contains(path) }

    /// Whether a field or one inside it already has a problem.
    func isRefused(within path: FieldPath) -> Bool {
        refused.contains { $0.description.hasPrefix(path.description) }
    }

    /// The text of a single value with its variables replaced; nil after reporting why there is none.
    mutating func text(of node: ConfigurationNode, at path: FieldPath, allowed: String) -> SubstitutedText? {
        guard case .scalar(let source, _) = node.content else {
            report(path, at: node.position, "is \(node.kind); allowed is \(allowed)")
            return nil
        }
        do throws(EnvironmentSubstitution.Failure) {
            return try substitution.substitute(source)
        } catch {
            report(path, at: node.position, error.message)
            return nil
        }
    }
}
