import SwiftDiagnostics
import SwiftSyntax

/// Finds decorators that stand on a function twice and must not.
enum RepetitionCheck {
    static func diagnostics(
        for decorators: [DecoratorAttribute], in function: FunctionDeclSyntax
    ) -> [Diagnostic] {
        var seen: [DecoratorAttribute] = []
        var diagnostics: [Diagnostic] = []
        for decorator in decorators {
            if let first = seen.first(where: { isSame($0, decorator) }) {
                let removal = FixIt.removing(
                    [decorator.syntax], from: function.attributes, "Remove this \(decorator.name)")
                diagnostics.append(
                    .error(message(first, decorator), at: decorator.syntax, fixIts: [removal]))
            }
            seen.append(decorator)
        }
        return diagnostics
    }

    private static func isSame(_ one: DecoratorAttribute, _ other: DecoratorAttribute) -> Bool {
        guard one.kind == other.kind else { return false }
        switch one.kind {
        case .retry, .hedged: return true
        // One for the whole call and one for each attempt; one alternative after another.
        case .timeout, .fallback: return false
        case .resilient: return one.source() == other.source()
        case .circuitBreaker, .rateLimited, .bulkhead, .throttled, .adaptiveLimited:
            return policy(one) == policy(other)
        }
    }

    /// What names the policy; the function itself does where nothing else does.
    private static func policy(_ decorator: DecoratorAttribute) -> String {
        guard let first = decorator.unlabeled, first.is(StringLiteralExprSyntax.self) || decorator.hasNameExpression
        else { return "" }
        return first.trimmedDescription
    }

    private static func message(_ first: DecoratorAttribute, _ second: DecoratorAttribute) -> String {
        switch second.kind {
        case .retry: "stands here twice, so that the attempts multiply; keep one of them"
        case .hedged: "stands here twice, so that the copies multiply; keep one of them"
        case .resilient: "stands here twice, so that each call passes the pipeline twice; keep one of them"
        default:
            if let name = second.literalName {
                "stands here twice with the name \"\(name)\", so that each call passes it twice; keep one of them"
            } else {
                "stands here twice without a name of its own; keep one of them or give them different names"
            }
        }
    }
}

extension DecoratorAttribute {
    /// Whether the first argument is an expression that is a name rather than a configuration.
    fileprivate var hasNameExpression: Bool {
        // A preset begins with a dot; whatever has something behind it is the name before that.
        arguments.count > 1 || unlabeled?.is(DeclReferenceExprSyntax.self) == true
    }
}
