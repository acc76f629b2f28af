import SwiftDiagnostics
import SwiftSyntax

/// What is wrong with a decorated function, or doubtful.
struct DecoratorDiagnostic: DiagnosticMessage {
    let message: String
    let severity: DiagnosticSeverity

    var diagnosticID: MessageID { MessageID(domain: "SageMacros", id: "\(severity)") }
}

/// How a mistake can be mended.
struct DecoratorFixIt: FixItMessage {
    let message: String

    var fixItID: MessageID { MessageID(domain: "SageMacros", id: "fix-it") }
}

extension Diagnostic {
    /// A mistake, told at an attribute whose name begins the message.
    static func error(_ message: String, at attribute: AttributeSyntax, fixIts: [FixIt] = []) -> Diagnostic {
        make(message, .error, attribute, at: attribute, fixIts)
    }

    /// A mistake in an argument of an attribute.
    static func error(
        _ message: String, at node: some SyntaxProtocol, of attribute: AttributeSyntax, fixIts: [FixIt]
    ) -> Diagnostic {
        make(message, .error, attribute, at: node, fixIts)
    }

    /// Something that works and is hardly meant.
    static func warning(_ message: String, at attribute: AttributeSyntax, fixIts: [FixIt] = []) -> Diagnostic {
        make(message, .warning, attribute, at: attribute, fixIts)
    }

    private static func make(
        _ message: String, _ severity: DiagnosticSeverity, _ attribute: AttributeSyntax, at node: some SyntaxProtocol,
        _ fixIts: [FixIt]
    ) -> Diagnostic {
        Diagnostic(
            node: Syntax(node),
            message: DecoratorDiagnostic(
                message: "@\(attribute.attributeName.trimmedDescription) \(message)", severity: severity),
            fixIts: fixIts)
    }
}
