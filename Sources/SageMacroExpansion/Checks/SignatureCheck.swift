import SwiftDiagnostics
import SwiftSyntax

/// Whether a function can be decorated at all.
enum SignatureCheck {
    static func diagnostics(for shape: FunctionShape, _ decorators: [DecoratorAttribute]) -> [Diagnostic] {
        guard let first = decorators.first else { return [] }
        let removal = FixIt.removing(decorators, from: shape.syntax.attributes)
        let diagnostics = [body(shape, first, removal), effects(shape, first), consuming(shape, first, removal)]
            .compactMap(\.self)
        let inChild = decorators.filter(\.kind.needsChildTask)
        return diagnostics + inChild.flatMap { childTask(shape, $0) }
            + decorators.filter { $0.kind == .resilient }.compactMap { pipeline(shape, $0) }
    }

    /// A pipeline that is named may need child tasks, one that is in-task may not.
    private static func pipeline(_ shape: FunctionShape, _ resilient: DecoratorAttribute) -> Diagnostic? {
        let parameter = shape.parameters.first { $0.has(.inout) }
        guard shape.isMutating || parameter != nil, let name = resilient.arguments.first, name.label == nil,
            name.expression.is(StringLiteralExprSyntax.self)
        else { return nil }
        let what = parameter.map { "the inout parameter '\($0.localName.text)'" } ?? "self"
        var labelled = name
        labelled.label = .identifier("inTask")
        labelled.colon = .colonToken(trailingTrivia: .space)
        return .error(
            "may run the body in a child task, which cannot change \(what): name a pipeline that does not, with 'inTask:'",
            at: resilient.syntax, fixIts: [.replacing(name, by: labelled, "Write 'inTask:'")])
    }

    private static func body(
        _ shape: FunctionShape, _ decorator: DecoratorAttribute, _ removal: FixIt
    ) -> Diagnostic? {
        if shape.isRequirement {
            return .error(
                "has no body to decorate here: write it on the functions that implement the requirement",
                at: decorator.syntax, fixIts: [removal])
        }
        return shape.syntax.body == nil
            ? .error("needs a function with a body", at: decorator.syntax, fixIts: [removal]) : nil
    }

    private static func effects(_ shape: FunctionShape, _ decorator: DecoratorAttribute) -> Diagnostic? {
        let signature = shape.syntax.signature
        if shape.throwing?.tokenKind == .keyword(.rethrows) {
            return .error(
                "cannot decorate a function that rethrows, because a policy may refuse a call", at: decorator.syntax,
                fixIts: [.replacing(signature, by: signature.withEffects, "Write 'throws' instead of 'rethrows'")])
        }
        if shape.errorType == "Never" {
            return .error(
                "cannot decorate a function that throws nothing, because a policy may refuse a call",
                at: decorator.syntax,
                fixIts: [.replacing(signature, by: signature.withEffects, "Write 'throws' instead of 'throws(Never)'")])
        }
        let missing = [(shape.isAsync, "async"), (shape.throwing != nil, "throws")].filter { !$0.0 }.map(\.1)
        guard !missing.isEmpty else { return nil }
        let words = missing.joined(separator: " ")
        return .error(
            "needs a function that is 'async throws'", at: decorator.syntax,
            fixIts: [.replacing(signature, by: signature.withEffects, "Add '\(words)'")])
    }

    private static func consuming(
        _ shape: FunctionShape, _ decorator: DecoratorAttribute, _ removal: FixIt
    ) -> Diagnostic? {
        let parameter = shape.parameters.first { !$0.consumingSpecifiers.isEmpty }
        guard shape.isConsuming || parameter != nil else { return nil }
        let what = parameter.map { "the parameter '\($0.localName.text)'" } ?? "self"
        return .error(
            "cannot decorate a function that consumes \(what): its body may run again", at: decorator.syntax,
            fixIts: [parameter?.withoutConsuming, removal].compactMap(\.self))
    }

    /// What a child task cannot do.
    private static func childTask(_ shape: FunctionShape, _ decorator: DecoratorAttribute) -> [Diagnostic] {
        let removal = FixIt.removing([decorator], from: shape.syntax.attributes)
        var diagnostics: [Diagnostic] = []
        if shape.isMutating {
            diagnostics.append(
                .error(
                    "runs the body in a child task, which cannot change self: take it off the mutating method, or limit"
                        + " the call inside", at: decorator.syntax, fixIts: [removal]))
        }
        for parameter in shape.parameters where parameter.has(.inout) {
            diagnostics.append(
                .error(
                    "runs the body in a child task, which cannot change the inout parameter"
                        + " '\(parameter.localName.text)'", at: decorator.syntax, fixIts: [removal]))
        }
        return diagnostics
    }
}

extension FunctionParameterSyntax {
    /// What says that the parameter is consumed.
    fileprivate var consumingSpecifiers: [SimpleTypeSpecifierSyntax] {
        type.as(AttributedTypeSyntax.self)?.specifiers
            .compactMap { $0.as(SimpleTypeSpecifierSyntax.self) }
            .filter { [.keyword(.consuming), .keyword(.__owned)].contains($0.specifier.tokenKind) } ?? []
    }

    /// Takes the specifier off: the caller keeps the value then.
    fileprivate var withoutConsuming: FixIt? {
        guard var new = type.as(AttributedTypeSyntax.self), let first = consumingSpecifiers.first else { return nil }
        let removed = Set(consumingSpecifiers.map { Syntax($0).id })
        new.specifiers = new.specifiers.filter { !removed.contains(Syntax($0).id) }
        return .replacing(
            type, by: new.with(\.leadingTrivia, type.leadingTrivia), "Remove '\(first.specifier.text)'")
    }
}

extension FunctionSignatureSyntax {
    /// The same signature, `async throws`; an error type that has no values is left out.
    fileprivate var withEffects: FunctionSignatureSyntax {
        var signature = self
        // What follows the parameters, most often a space, follows the effects then.
        let following = effectSpecifiers == nil ? parameterClause.trailingTrivia : effectSpecifiers?.trailingTrivia
        var effects = effectSpecifiers ?? FunctionEffectSpecifiersSyntax()
        if effects.asyncSpecifier == nil { effects.asyncSpecifier = .keyword(.async, trailingTrivia: .space) }
        if effects.throwsClause == nil {
            effects.throwsClause = ThrowsClauseSyntax(throwsSpecifier: .keyword(.throws))
        } else if effects.throwsClause?.throwsSpecifier.tokenKind == .keyword(.rethrows) {
            effects.throwsClause?.throwsSpecifier = .keyword(.throws)
        } else if effects.throwsClause?.type?.trimmedDescription == "Never" {
            effects.throwsClause = ThrowsClauseSyntax(throwsSpecifier: .keyword(.throws))
        }
        effects.asyncSpecifier = effects.asyncSpecifier?.with(\.trailingTrivia, .space)
        effects = effects.with(\.trailingTrivia, following ?? [])
        if effectSpecifiers == nil {
            signature.parameterClause = parameterClause.with(\.trailingTrivia, .space)
            if effects.trailingTrivia.isEmpty { effects = effects.with(\.trailingTrivia, .space) }
        }
        signature.effectSpecifiers = effects
        return signature
    }
}
