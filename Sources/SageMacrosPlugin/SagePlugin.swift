import SwiftCompilerPlugin
import SwiftSyntaxMacros

/// The macros of Sage, for the compiler.
@main
struct SagePlugin: CompilerPlugin {
    let providingMacros: [any Macro.Type] = [DecoratorMacro.self]
}
