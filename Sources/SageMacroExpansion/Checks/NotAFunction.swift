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
        return .error("decorates functions, not \(kind): move the call into an async throws function", at: attribute)
    }
}
