import SwiftDiagnostics
import SwiftSyntax

/// Whether the alternatives of a function can be one.
enum FallbackCheck {
    static func diagnostics(for shape: FunctionShape, _ decorators: [DecoratorAttribute]) -> [Diagnostic] {
        decorators.filter { $0.kind == .fallback }.flatMap { check($0, shape) }
    }

    private static func check(_ fallback: DecoratorAttribute, _ shape: FunctionShape) -> [Diagnostic] {
        if let value = fallback["returning"] {
            guard shape.returnsVoid else { return [] }
            return [
                .error(
                    "has nothing to return in place of Void: name a function with 'to:'", at: value,
                    of: fallback.syntax)
            ]
        }
        guard let written = fallback["to"] else { return [] }
        guard let target = FallbackTarget(fallback, of: shape) else {
            return [.error("needs the name of a function", at: written, of: fallback.syntax)]
        }
        return [itself(target, shape), count(target, shape), parameters(shape)].compactMap(\.self).map {
            .error($0, at: target.syntax, of: fallback.syntax)
        }
    }

    private static func itself(_ target: FallbackTarget, _ shape: FunctionShape) -> String? {
        let own = shape.parameters.map(\.firstName.text)
        guard target.base == nil, target.name == shape.syntax.name.text, target.labels ?? own == own else { return nil }
        return "cannot fall back to the function itself"
    }

    private static func count(_ target: FallbackTarget, _ shape: FunctionShape) -> String? {
        guard let labels = target.labels, labels.count != shape.parameters.count else { return nil }
        return "needs a function with as many parameters as this one has, \(shape.parameters.count)"
    }

    private static func parameters(_ shape: FunctionShape) -> String? {
        for parameter in shape.parameters {
            if parameter.localName.text == "_" { return "cannot hand on a parameter without a name" }
            if parameter.ellipsis != nil {
                return "cannot hand on the variadic parameter '\(parameter.localName.text)'"
            }
        }
        return nil
    }
}
