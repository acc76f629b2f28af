/// A value of the file after `${NAME}` and `${NAME:-default}` have been replaced.
struct SubstitutedText: Sendable, Hashable {
    var text: String
    /// The variables that were looked at, in the order of the text, for messages that must not show their values.
    var variables: [String]
}

/// Replaces `${NAME}` and `${NAME:-default}` in one value, and `$$` by a dollar sign.
///
/// The rules are the shell's: the default of `:-` is taken when the variable is unset or empty, and may itself contain
/// variables. A plain `$NAME` is refused rather than passed on, since in a key it would fail only at the provider.
/// The replacement happens after YAML has been parsed, so that a value cannot add keys or change the structure.
struct EnvironmentSubstitution {
    /// What is wrong with the text; contains names of variables, never their values.
    struct Failure: Error {
        let message: String
    }

    private static let maximumDepth = 8
    private static let maximumLength = 65_536

    let environment: [String: String]

    func substitute(_ source: String) throws(Failure) -> SubstitutedText {
        // Most values have no variable.
        guard source.utf8.contains(UInt8(ascii: "$")) else { return SubstitutedText(text: source, variables: []) }
        return try expand(source.unicodeScalars[...], depth: 0)
    }

    private func expand(_ source: Substring.UnicodeScalarView, depth: Int) throws(Failure) -> SubstitutedText {
        guard depth <= Self.maximumDepth else {
            throw Failure(message: "has defaults nested deeper than \(Self.maximumDepth) levels")
        }
        var result = SubstitutedText(text: "", variables: [])
        var rest = source
        while let scalar = rest.popFirst() {
            guard scalar == "$" else {
                result.text.unicodeScalars.append(scalar)
                continue
            }
            switch rest.first {
            case "$":
                rest.removeFirst()
                result.text += "$"
            case "{":
                rest.removeFirst()
                let expression = try popExpression(&rest)
                let value = try evaluate(expression, depth: depth)
                result.text += value.text
                result.variables += value.variables
            case .some(let next) where Self.isNameStart(next):
                throw Failure(message: "contains `$` before a name; write ${NAME} for a variable, $$ for a dollar sign")
            default:
                result.text += "$"
            }
            guard result.text.utf8.count <= Self.maximumLength else {
                throw Failure(message: "is longer than \(Self.maximumLength) bytes with its variables replaced")
            }
        }
        return result
    }

    /// Takes everything up to the brace that closes the expression.
    private func popExpression(
        _ rest: inout Substring.UnicodeScalarView
    ) throws(Failure) -> Substring.UnicodeScalarView {
        var open = 1
        var previous: Unicode.Scalar?
        var index = rest.startIndex
        while index < rest.endIndex {
            let scalar = rest[index]
            if scalar == "{", previous == "$" { open += 1 }
            if scalar == "}" { open -= 1 }
            if open == 0 {
                let expression = rest[..<index]
                rest = rest[rest.index(after: index)...]
                return expression
            }
            previous = scalar
            index = rest.index(after: index)
        }
        throw Failure(message: "contains `${` without the closing `}`; write ${NAME} or ${NAME:-default}")
    }

    private func evaluate(_ expression: Substring.UnicodeScalarView, depth: Int) throws(Failure) -> SubstitutedText {
        let nameEnd = expression.firstIndex { !Self.isNamePart($0) } ?? expression.endIndex
        let name = String(expression[..<nameEnd])
        let rest = expression[nameEnd...]
        let defaultText = rest.starts(with: ":-".unicodeScalars) ? rest.dropFirst(2) : nil
        guard let first = expression.first, Self.isNameStart(first), rest.isEmpty || defaultText != nil else {
            throw Failure(message: "contains a variable that is not well formed; write ${NAME} or ${NAME:-default}")
        }
        if let defaultText {
            if let value = environment[name], !value.isEmpty { return SubstitutedText(text: value, variables: [name]) }
            var value = try expand(defaultText, depth: depth + 1)
            value.variables.insert(name, at: 0)
            return value
        }
        guard let value = environment[name] else {
            let shown = name.utf8.count <= Printable.maximumLength ? name : "\(name.prefix(Printable.maximumLength))..."
            throw Failure(
                message: "needs the environment variable \(shown), which is not set; "
                    + "set it, or write ${\(shown):-default}")
        }
        return SubstitutedText(text: value, variables: [name])
    }

    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) || scalar == "_"
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        isNameStart(scalar) || ("0"..."9").contains(scalar)
    }
}
