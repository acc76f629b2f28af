import SwiftDiagnostics
import SwiftSyntax

/// Whether the alternatives of a function can be one.
enum FallbackCheck {
    static func diagnostics(for shape: FunctionShape, _ decorators: [DecoratorAttribute]) -> [Diagnostic] {
        decorators.filter { $0.kind == .fallback }.flatMap { fallback in
            let removal = FixIt.removing([fallback], from: shape.syntax.attributes)
            return problems(fallback, shape).map { problem in
                Diagnostic.error(
                    problem.text, at: problem.place, of: fallback.syntax,
                    fixIts: [problem.repair, removal].compactMap(\.self))
            }
        }
    }

    private struct Problem {
        let text: String
        let place: ExprSyntax
        // Where there is none the attribute can only be removed.
        var repair: FixIt?
    }

    private static func problems(_ fallback: DecoratorAttribute, _ shape: FunctionShape) -> [Problem] {
        if let value = fallback["returning"] {
            guard shape.returnsVoid else { return [] }
            return [Problem(text: "has nothing to return in place of Void: name a function with 'to:'", place: value)]
        }
        guard let written = fallback["to"] else { return [] }
        guard let target = FallbackTarget(fallback, of: shape) else {
            return [Problem(text: "needs the name of a function", place: written, repair: calledFunction(written))]
        }
        return [itself(target, shape), count(target, shape), parameters(target, shape)].compactMap(\.self)
    }

    /// The name in `name(1)`.
    private static func calledFunction(_ written: ExprSyntax) -> FixIt? {
        guard let function = written.as(FunctionCallExprSyntax.self)?.calledExpression,
            function.is(DeclReferenceExprSyntax.self) || function.is(MemberAccessExprSyntax.self)
        else { return nil }
        return .writing(function.trimmedDescription, insteadOf: written)
    }

    private static func itself(_ target: FallbackTarget, _ shape: FunctionShape) -> Problem? {
        let own = shape.parameters.map(\.firstName.text)
        guard target.base == nil, target.name == shape.syntax.name.text, target.labels ?? own == own else { return nil }
        return Problem(text: "cannot fall back to the function itself", place: target.syntax)
    }

    private static func count(_ target: FallbackTarget, _ shape: FunctionShape) -> Problem? {
        guard let labels = target.labels, labels.count != shape.parameters.count else { return nil }
        return Problem(
            text: "needs a function with as many parameters as this one has, \(shape.parameters.count)",
            place: target.syntax, repair: .writing(target.withoutLabels, insteadOf: target.syntax))
    }

    private static func parameters(_ target: FallbackTarget, _ shape: FunctionShape) -> Problem? {
        for parameter in shape.parameters {
            let name = parameter.localName.text
            if name == "_" {
                return Problem(
                    text: "cannot hand on a parameter without a name", place: target.syntax,
                    repair: naming(parameter, shape))
            }
            if parameter.ellipsis != nil {
                return Problem(text: "cannot hand on the variadic parameter '\(name)'", place: target.syntax)
            }
            if parameter.isPack {
                return Problem(text: "cannot hand on the parameter pack '\(name)'", place: target.syntax)
            }
        }
        return nil
    }

    /// Gives a parameter a name that nothing in the function has.
    private static func naming(_ parameter: FunctionParameterSyntax, _ shape: FunctionShape) -> FixIt {
        let used = Set(shape.syntax.tokens(viewMode: .sourceAccurate).map(\.text))
        let name = (1...).lazy.map { $0 == 1 ? "value" : "value\($0)" }.first { !used.contains($0) } ?? "value"
        var named = parameter
        named.firstName.trailingTrivia = .space
        let trivia = parameter.secondName?.trailingTrivia ?? parameter.firstName.trailingTrivia
        named.secondName = .identifier(name, trailingTrivia: trivia)
        return .replacing(parameter, by: named, "Name the parameter '\(name)'")
    }
}

extension FunctionParameterSyntax {
    /// Whether it stands for any number of arguments of different types.
    fileprivate var isPack: Bool {
        let plain = type.as(AttributedTypeSyntax.self)?.baseType ?? type
        return plain.is(PackExpansionTypeSyntax.self)
    }
}
