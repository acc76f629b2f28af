import SwiftDiagnostics
import SwiftSyntax

/// Something with a body that cannot be decorated.
enum NotAFunction {
    static func diagnostic(at attribute: AttributeSyntax, declaration: Syntax) -> Diagnostic {
        let kind =
            switch declaration.kind {
            case .initializerDecl: "an initializer"
            case .deinitializerDecl: "a deinitializer"
            case .accessorDecl: "an accessor"
            case .closureExpr: "a closure"
            default: "this declaration"
            }
        return .error(
            "decorates functions, not \(kind): move the call into an async throws function", at: attribute,
            fixIts: removal(from: declaration).map { [$0] } ?? [])
    }

    /// Takes off all decorators: none of them can work here.
    private static func removal(from declaration: Syntax) -> FixIt? {
        guard let list = declaration.asProtocol((any WithAttributesSyntax).self)?.attributes else { return nil }
        let decorators = list.compactMap { $0.as(AttributeSyntax.self).flatMap(DecoratorAttribute.init) }
        return decorators.isEmpty ? nil : .removing(decorators, from: list)
    }
}
