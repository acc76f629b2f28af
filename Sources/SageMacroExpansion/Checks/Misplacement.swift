import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxBuilder

/// Attributes that are not where, or not what, the expansion looks for.
enum Misplacement {
    /// One inside `#if`: the expansion cannot know which branch is compiled.
    static func diagnostic(inCondition decorator: DecoratorAttribute) -> Diagnostic {
        let removal = decorator.syntax.parent?.as(AttributeListSyntax.self).map {
            FixIt.removing([decorator], from: $0)
        }
        return .error(
            "cannot be composed inside #if: put the whole function inside", at: decorator.syntax,
            fixIts: [removal].compactMap(\.self))
    }

    /// One whose name is written in a way that is not understood, such as through another module.
    static func diagnostic(asWritten attribute: AttributeSyntax) -> Diagnostic {
        let name = attribute.attributeName
        let known = name.lastToken(viewMode: .sourceAccurate).flatMap { DecoratorAttribute.Kind(rawValue: $0.text) }
        let plain = known.map {
            FixIt.replacing(
                name, by: TypeSyntax("\(raw: $0.rawValue)").with(\.trailingTrivia, name.trailingTrivia),
                "Write '@\($0.rawValue)'")
        }
        return .error(
            "cannot be composed as it is written here", at: attribute, fixIts: [plain].compactMap(\.self))
    }
}
