import SwiftDiagnostics
import SwiftSyntax

/// Finds names in arguments that mean something else inside the function, where the expansion evaluates them.
enum ShadowCheck {
    static func diagnostics(for shape: FunctionShape, _ decorators: [DecoratorAttribute]) -> [Diagnostic] {
        let parameters = shape.parameters.map(\.localName.text)
        let types = shape.syntax.genericParameterClause?.parameters.map(\.name.text) ?? []
        return decorators.flatMap { decorator in
            let removal = FixIt.removing([decorator], from: shape.syntax.attributes)
            return decorator.arguments.compactMap { argument -> Diagnostic? in
                let names = names(in: argument, of: decorator, shape)
                let shadow =
                    parameters.first(where: names.contains).map { "the parameter '\($0)'" }
                    ?? types.first(where: names.contains).map { "the generic parameter '\($0)'" }
                guard let shadow else { return nil }
                return .error(
                    "cannot use a name that \(shadow) hides inside the function: rename one of the two",
                    at: argument.expression, of: decorator.syntax, fixIts: [removal])
            }
        }
    }

    private static func names(
        in argument: LabeledExprSyntax, of decorator: DecoratorAttribute, _ shape: FunctionShape
    ) -> Set<String> {
        let finder = NameFinder(viewMode: .sourceAccurate)
        finder.walk(argument.expression)
        var names = finder.used.subtracting(finder.bound)
        // A method's own type is left out in the expansion, and a name in quotation marks becomes one.
        if argument.label?.text == "to", let target = FallbackTarget(decorator, of: shape), target.base == nil {
            names.insert(target.name)
        }
        return names
    }
}

/// The names that an expression takes from around it.
private final class NameFinder: SyntaxVisitor {
    private(set) var used: Set<String> = []
    /// Those that it declares itself, anywhere: a closure may use the name of a parameter for its own.
    private(set) var bound: Set<String> = []

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        let isMember = node.parent?.as(MemberAccessExprSyntax.self)?.declName.id == node.id
        if !isMember { used.insert(node.baseName.text) }
        return .visitChildren
    }

    override func visit(_ node: IdentifierTypeSyntax) -> SyntaxVisitorContinueKind {
        used.insert(node.name.text)
        return .visitChildren
    }

    override func visit(_ node: ClosureShorthandParameterSyntax) -> SyntaxVisitorContinueKind {
        bound.insert(node.name.text)
        return .visitChildren
    }

    override func visit(_ node: ClosureParameterSyntax) -> SyntaxVisitorContinueKind {
        bound.insert((node.secondName ?? node.firstName).text)
        return .visitChildren
    }

    override func visit(_ node: IdentifierPatternSyntax) -> SyntaxVisitorContinueKind {
        bound.insert(node.identifier.text)
        return .visitChildren
    }

    override func visit(_ node: CatchClauseSyntax) -> SyntaxVisitorContinueKind {
        bound.insert("error")
        return .visitChildren
    }
}
