import SwiftParser
import SwiftSyntax

/// The function that `@Fallback(to:)` names.
struct FallbackTarget {
    /// Its name.
    let name: String
    /// What stands in front of the name; nil for a function of the decorated one's own type or scope.
    let base: String?
    /// The labels that the reference spells out; nil for those of the decorated function.
    let labels: [String]?
    let syntax: ExprSyntax

    /// Reads a name in quotation marks, a name, or a reference such as `Store.cached(_:)`; nil for anything else.
    ///
    /// - Parameters:
    ///   - fallback: The attribute.
    ///   - shape: The decorated function: in front of a method its own type only helps the compiler to find the method.
    init?(_ fallback: DecoratorAttribute, of shape: FunctionShape) {
        guard let expression = fallback["to"] else { return nil }
        if let text = expression.as(StringLiteralExprSyntax.self)?.representedLiteralValue {
            self.init(text: text, expression)
        } else if let reference = expression.as(DeclReferenceExprSyntax.self) {
            self.init(reference, base: nil, expression)
        } else if let member = expression.as(MemberAccessExprSyntax.self) {
            let base = member.base?.trimmedDescription
            self.init(member.declName, base: base.flatMap { shape.isOwnType($0) ? nil : $0 }, expression)
        } else {
            return nil
        }
    }

    private init(_ reference: DeclReferenceExprSyntax, base: String?, _ syntax: ExprSyntax) {
        self.init(
            name: reference.baseName.text, base: base,
            labels: reference.argumentNames?.arguments.map(\.name.text), syntax: syntax)
    }

    private init?(text: String, _ syntax: ExprSyntax) {
        let parts = text.split(separator: "(", maxSplits: 1)
        guard let name = parts.first.map(String.init), name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else { return nil }
        guard parts.count == 2 else {
            self.init(name: name, base: nil, labels: nil, syntax: syntax)
            return
        }
        guard parts[1].hasSuffix(")") else { return nil }
        let labels = parts[1].dropLast().split(separator: ":").map(String.init)
        self.init(name: name, base: nil, labels: labels, syntax: syntax)
    }

    private init(name: String, base: String?, labels: [String]?, syntax: ExprSyntax) {
        self.name = name
        self.base = base
        self.labels = labels
        self.syntax = syntax
    }

    /// The reference as it is written, without the labels that it spells out.
    var withoutLabels: String {
        let text = syntax.trimmedDescription
        let plain = String(text.prefix { $0 != "(" })
        return text.hasPrefix("\"") ? "\(plain)\"" : plain
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
        return "\(base.map { "\($0)." } ?? "")\(name)(\(arguments.joined(separator: ", ")))"
    }
}
