import SageMacroExpansion
public import SwiftSyntax
public import SwiftSyntaxMacros

/// The expansion of all decorators, under the name of this module: by it the compiler asks for a macro.
public struct DecoratorMacro: BodyMacro {
    /// As `DecoratorExpansion/formatMode`.
    public static var formatMode: FormatMode { DecoratorExpansion.formatMode }

    /// As `DecoratorExpansion/expansion(of:providingBodyFor:in:)`.
    public static func expansion(
        of node: AttributeSyntax,
        providingBodyFor declaration: some DeclSyntaxProtocol & WithOptionalCodeBlockSyntax,
        in context: some MacroExpansionContext
    ) throws -> [CodeBlockItemSyntax] {
        try DecoratorExpansion.expansion(of: node, providingBodyFor: declaration, in: context)
    }
}
