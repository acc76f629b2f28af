import SwiftDiagnostics
public import SwiftSyntax
import SwiftSyntaxBuilder
public import SwiftSyntaxMacros

/// The expansion of all decorators.
///
/// The compiler expands one body macro of a function, that of the last attribute, and silently ignores the others; but
/// this one is handed the function with all its attributes. So whichever is expanded composes all of them, in the order
/// in which they are written, outermost first.
public struct DecoratorExpansion: BodyMacro {
    /// The body of the user is moved as it is written: a formatter could change literals of several lines.
    public static var formatMode: FormatMode { .disabled }

    /// Makes the new body of a function.
    public static func expansion(
        of node: AttributeSyntax,
        providingBodyFor declaration: some DeclSyntaxProtocol & WithOptionalCodeBlockSyntax,
        in context: some MacroExpansionContext
    ) throws -> [CodeBlockItemSyntax] {
        let original = declaration.body.map { Array($0.statements) } ?? []
        guard let function = declaration.as(FunctionDeclSyntax.self) else {
            context.diagnose(NotAFunction.diagnostic(at: node, declaration: Syntax(declaration)))
            return original
        }
        let shape = FunctionShape(function, lexicalContext: context.lexicalContext)
        let (decorators, misplaced) = DecoratorAttribute.all(of: function)
        // Where there is no attribute of ours in the list, the expanded one is written in a way that is not understood.
        guard !decorators.isEmpty || !misplaced.isEmpty else {
            context.diagnose(Misplacement.diagnostic(asWritten: node))
            return original
        }
        let diagnostics =
            misplaced.map { Misplacement.diagnostic(inCondition: $0) }
            + SignatureCheck.diagnostics(for: shape, decorators)
            + ArgumentCheck.diagnostics(for: decorators, in: function)
            + ShadowCheck.diagnostics(for: shape, decorators)
            + RepetitionCheck.diagnostics(for: decorators, in: function)
            + FallbackCheck.diagnostics(for: shape, decorators)
            + OrderCheck.diagnostics(for: decorators, in: function)
        for diagnostic in diagnostics { context.diagnose(diagnostic) }
        // One that is wrong is compiled as if it were not decorated, so that nothing but the mistake is reported.
        guard !diagnostics.contains(where: { $0.diagMessage.severity == .error }), let body = function.body else {
            return original
        }
        let location = SourceLocation(of: function, in: context)
        let call = Composition(shape, decorators, at: location).call(around: body.statements)
        return ["return try await \(raw: call)"]
    }
}
