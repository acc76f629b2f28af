import SwiftDiagnostics
import SwiftParser
import SwiftSyntax

/// Finds literals that can never be valid.
enum ArgumentCheck {
    static func diagnostics(for decorators: [DecoratorAttribute]) -> [Diagnostic] {
        decorators.flatMap { numbers($0) + name($0) + window($0) }
    }

    private static func numbers(_ decorator: DecoratorAttribute) -> [Diagnostic] {
        let rules = ArgumentRule.rules(for: decorator.kind)
        var diagnostics: [Diagnostic] = []
        for argument in decorator.arguments {
            let label = argument.label?.text ?? ""
            guard let rule = rules[label], let value = LiteralValue(argument.expression)?.value, !rule.allows(value)
            else { continue }
            let field = label.isEmpty ? "the limit" : label
            diagnostics.append(
                .error(
                    "cannot work: \(field) is \(argument.expression.trimmedDescription); allowed is \(rule.allowed)",
                    at: argument.expression, of: decorator.syntax))
        }
        if let fraction = decorator["jitter"].flatMap(proportion), fraction < 0 || fraction > 1 {
            diagnostics.append(
                .error(
                    "cannot work: jitter is \(fraction); allowed is 0.0 to 1.0", at: decorator.syntax,
                    of: decorator.syntax))
        }
        return diagnostics
    }

    private static func name(_ decorator: DecoratorAttribute) -> [Diagnostic] {
        let argument = decorator.kind == .resilient ? decorator.arguments.first?.expression : decorator.unlabeled
        guard let literal = argument?.as(StringLiteralExprSyntax.self),
            literal.representedLiteralValue?.allSatisfy(\.isWhitespace) == true
        else { return [] }
        return [.error("needs a name that is not empty", at: literal, of: decorator.syntax)]
    }

    private static func window(_ decorator: DecoratorAttribute) -> [Diagnostic] {
        guard decorator.kind == .circuitBreaker, let written = decorator["failureThreshold"],
            let threshold = LiteralValue(written)?.value,
            let size = decorator["windowSize"].flatMap(LiteralValue.init)?.value, size >= 1, threshold > size
        else { return [] }
        return [
            .error(
                "cannot work: failureThreshold is \(written.trimmedDescription); allowed is 1 to \(Int(size)), the"
                    + " windowSize", at: written, of: decorator.syntax)
        ]
    }

    /// Whether all that could be wrong with a retry is written as literals, which have been checked.
    static func isKnownToBeValid(_ retry: DecoratorAttribute) -> Bool {
        // A configuration is valid by construction.
        if retry.unlabeled != nil { return true }
        return retry.arguments.allSatisfy { argument in
            switch argument.label?.text {
            case "retryOn", "classifier", "idempotency", "strategy": true
            case "jitter": proportion(argument.expression) != nil || isJitterOfTheEngine(argument.expression)
            default: LiteralValue(argument.expression)?.value != nil
            }
        }
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
