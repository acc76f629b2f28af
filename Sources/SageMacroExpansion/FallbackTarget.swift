import SwiftParser
import SwiftSyntax

/// The function that `@Fallback(to:)` names.
struct FallbackTarget {
    /// Its name as it is called from the decorated function.
    let name: String
    /// The labels that the reference spells out; nil for those of the decorated function.
    let labels: [String]?
    let syntax: ExprSyntax

    /// Reads a name in quotation marks, a name, or a reference such as `Store.cached(_:)`; nil for anything else.
    init?(_ fallback: DecoratorAttribute) {
        guard let expression = fallback["to"] else { return nil }
        if let text = expression.as(StringLiteralExprSyntax.self)?.representedLiteralValue {
            self.init(text: text, expression)
        } else if let reference = expression.as(DeclReferenceExprSyntax.self) {
            self.init(reference, expression)
        } else if let member = expression.as(MemberAccessExprSyntax.self) {
            self.init(member.declName, expression)
        } else {
            return nil
        }
    }

    private init(_ reference: DeclReferenceExprSyntax, _ syntax: ExprSyntax) {
        self.init(
            name: reference.baseName.text, labels: reference.argumentNames?.arguments.map(\.name.text), syntax: syntax)
    }

    private init?(text: String, _ syntax: ExprSyntax) {
        let parts = text.split(separator: "(", maxSplits: 1)
        guard let name = parts.first.map(String.init), name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else { return nil }
        guard parts.count == 2 else {
            self.init(name: name, labels: nil, syntax: syntax)
            return
        }
        guard parts[1].hasSuffix(")") else { return nil }
        self.init(name: name, labels: parts[1].dropLast().split(separator: ":").map(String.init), syntax: syntax)
    }

    private init(name: String, labels: [String]?, syntax: ExprSyntax) {
        self.name = name
        self.labels = labels
        self.syntax = syntax
    }

    /// The call with all parameters of the decorated function.
    func call(from shape: FunctionShape) -> String {
        let labels = self.labels ?? shape.parameters.map(\.firstName.text)
        let arguments = zip(labels, shape.parameters).map { label, parameter in
            var value = parameter.localName.text
            if parameter.has(.inout) { value = "&\(value)" }
            if parameter.isAutoclosure { value += "()" }
            return label == "_" ? value : "\(label): \(value)"
        }
        return "\(name)(\(arguments.joined(separator: ", ")))"
    }
}
