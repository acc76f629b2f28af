import SwiftDiagnostics
import SwiftParser
import SwiftSyntax

/// Finds literals that can never be valid.
enum ArgumentCheck {
    static func diagnostics(
        for decorators: [DecoratorAttribute], in function: FunctionDeclSyntax
    ) -> [Diagnostic] {
        decorators.flatMap { decorator in
            let removal = FixIt.removing([decorator], from: function.attributes)
            return numbers(decorator, removal) + jitter(decorator) + name(decorator, removal) + window(decorator)
        }
    }

    private static func numbers(_ decorator: DecoratorAttribute, _ removal: FixIt) -> [Diagnostic] {
        let rules = ArgumentRule.rules(for: decorator.kind)
        return decorator.arguments.compactMap { argument in
            let label = argument.label?.text ?? ""
            guard let rule = rules[label], let repair = LiteralValue(argument.expression).flatMap(rule.repair)
            else { return nil }
            let fixIt =
                switch repair {
                case .write(let value): FixIt.writing(value, insteadOf: argument.expression)
                case .removeArgument: decorator.removal(of: argument) ?? removal
                case .removeAttribute: removal
                }
            let field = label.isEmpty ? "the limit" : label
            return .error(
                "cannot work: \(field) is \(argument.expression.trimmedDescription); allowed is \(rule.allowed)",
                at: argument.expression, of: decorator.syntax, fixIts: [fixIt])
        }
    }

    private static func jitter(_ decorator: DecoratorAttribute) -> [Diagnostic] {
        guard let written = decorator["jitter"], let fraction = proportion(written), fraction < 0 || fraction > 1,
            let function = written.as(FunctionCallExprSyntax.self)?.calledExpression.trimmedDescription
        else { return [] }
        return [
            .error(
                "cannot work: jitter is \(fraction); allowed is 0.0 to 1.0", at: written, of: decorator.syntax,
                fixIts: [.writing("\(function)(\(fraction < 0 ? 0 : 1))", insteadOf: written)])
        ]
    }

    private static func name(_ decorator: DecoratorAttribute, _ removal: FixIt) -> [Diagnostic] {
        guard let argument = decorator.arguments.first, argument.label == nil || decorator.kind == .resilient,
            let literal = argument.expression.as(StringLiteralExprSyntax.self),
            literal.representedLiteralValue?.allSatisfy(\.isWhitespace) == true
        else { return [] }
        // Without a name and without numbers these two would say nothing, and a pipeline nothing without its name.
        let isNeeded =
            switch decorator.kind {
            case .resilient: true
            case .rateLimited, .bulkhead: decorator.arguments.count == 1
            default: false
            }
        let fixIt = isNeeded ? removal : decorator.removal(of: argument) ?? removal
        return [.error("needs a name that is not empty", at: literal, of: decorator.syntax, fixIts: [fixIt])]
    }

    private static func window(_ decorator: DecoratorAttribute) -> [Diagnostic] {
        guard decorator.kind == .circuitBreaker, let written = decorator["failureThreshold"],
            let window = decorator["windowSize"], let threshold = LiteralValue(written)?.value,
            let size = LiteralValue(window)?.value, size >= 1, threshold > size, threshold <= 1_000_000
        else { return [] }
        let (least, most) = (written.trimmedDescription, window.trimmedDescription)
        return [
            .error(
                "cannot work: failureThreshold is \(least); allowed is 1 to \(most), the windowSize", at: written,
                of: decorator.syntax,
                fixIts: [
                    .replacing(window, by: written.trimmed, "Write 'windowSize: \(least)'"),
                    .replacing(written, by: window.trimmed, "Write 'failureThreshold: \(most)'"),
                ])
        ]
    }

    /// Whether all that could be wrong with a retry is written as literals, which have been checked.
    static func isKnownToBeValid(_ retry: DecoratorAttribute) -> Bool {
        // A configuration that exists is valid; making one may throw, also without a `try` in the attribute.
        if let configuration = retry.unlabeled { return !makesConfiguration(configuration) }
        return retry.arguments.allSatisfy { argument in
            switch argument.label?.text {
            case "retryOn", "classifier", "idempotency", "strategy": true
            case "budget": !makesConfiguration(argument.expression)
            case "jitter": proportion(argument.expression) != nil || isJitterOfTheEngine(argument.expression)
            default: LiteralValue(argument.expression)?.value != nil
            }
        }
    }

    /// Whether it calls an initializer at its beginning.
    private static func makesConfiguration(_ expression: ExprSyntax) -> Bool {
        if expression.is(TryExprSyntax.self) { return true }
        if let call = expression.as(FunctionCallExprSyntax.self) {
            let function = call.calledExpression
            let name = function.as(MemberAccessExprSyntax.self)?.declName ?? function.as(DeclReferenceExprSyntax.self)
            return ["init", "RetryConfiguration"].contains(name?.baseName.text) || makesConfiguration(function)
        }
        return expression.as(MemberAccessExprSyntax.self)?.base.map(makesConfiguration) ?? false
    }

    /// Whether it is a jitter without a number; one of the user's own may have a number that is wrong.
    private static func isJitterOfTheEngine(_ expression: ExprSyntax) -> Bool {
        guard case .name(let name)? = LiteralValue(expression) else { return false }
        return ["none", "full", "equal", "wide"].contains(name)
    }

    /// The fraction of `.proportional(0.2)`.
    private static func proportion(_ expression: ExprSyntax) -> Double? {
        guard let call = expression.as(FunctionCallExprSyntax.self),
            call.calledExpression.as(MemberAccessExprSyntax.self)?.declName.baseName.text == "proportional"
        else { return nil }
        return call.arguments.first.flatMap { LiteralValue($0.expression) }?.value
    }
}
