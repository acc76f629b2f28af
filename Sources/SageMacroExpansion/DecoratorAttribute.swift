import SwiftDiagnostics
import SwiftParser
import SwiftSyntax

/// One of Sage's attributes on a function.
struct DecoratorAttribute {
    /// Which decorator it is.
    enum Kind: String, CaseIterable {
        case retry = "Retry"
        case circuitBreaker = "CircuitBreaker"
        case rateLimited = "RateLimited"
        case timeout = "Timeout"
        case bulkhead = "Bulkhead"
        case fallback = "Fallback"
        case hedged = "Hedged"
        case throttled = "Throttled"
        case adaptiveLimited = "AdaptiveLimited"
        case resilient = "Resilient"

        /// The function of the engine that makes it.
        var function: String { "\(self)" }

        /// Whether the body runs in a child task.
        var needsChildTask: Bool { self == .timeout || self == .hedged }

        /// Whether it limits how many calls there are.
        var isLimiter: Bool {
            switch self {
            case .rateLimited, .bulkhead, .throttled, .adaptiveLimited: true
            case .retry, .circuitBreaker, .timeout, .fallback, .hedged, .resilient: false
            }
        }
    }

    let kind: Kind
    let syntax: AttributeSyntax
    let arguments: [LabeledExprSyntax]

    init?(_ syntax: AttributeSyntax) {
        guard let kind = Kind(name: syntax.attributeName) else { return nil }
        self.kind = kind
        self.syntax = syntax
        arguments = syntax.arguments?.as(LabeledExprListSyntax.self).map(Array.init) ?? []
    }

    /// The attributes of Sage on a function, outermost first, and those that stand inside `#if`.
    static func all(
        of function: FunctionDeclSyntax
    ) -> (decorators: [DecoratorAttribute], misplaced: [DecoratorAttribute]) {
        var decorators: [DecoratorAttribute] = []
        var misplaced: [DecoratorAttribute] = []
        for element in function.attributes {
            switch element {
            case .attribute(let attribute):
                if let decorator = DecoratorAttribute(attribute) { decorators.append(decorator) }
            case .ifConfigDecl(let condition):
                misplaced += condition.clauses.flatMap { clause in
                    clause.elements?.as(AttributeListSyntax.self)?
                        .compactMap { $0.as(AttributeSyntax.self).flatMap(DecoratorAttribute.init) } ?? []
                }
            }
        }
        return (decorators, misplaced)
    }

    /// How it is written, without its arguments.
    var name: String { "@\(kind.rawValue)" }

    /// The argument with a label.
    subscript(_ label: String) -> ExprSyntax? {
        arguments.first { $0.label?.text == label }?.expression
    }

    /// The first argument when it has no label.
    var unlabeled: ExprSyntax? {
        arguments.first.flatMap { $0.label == nil ? $0.expression : nil }
    }

    /// The name of the policy when it is written as a literal.
    var literalName: String? {
        unlabeled?.as(StringLiteralExprSyntax.self)?.representedLiteralValue
    }

    /// Takes one of the arguments off.
    func removal(of argument: LabeledExprSyntax) -> FixIt? {
        syntax.arguments?.as(LabeledExprListSyntax.self).map { .removing(argument, from: $0) }
    }

    /// The arguments as source, without some.
    func source(without labels: Set<String> = []) -> String {
        arguments
            .filter { !labels.contains($0.label?.text ?? "") }
            .map { argument in
                let value = argument.expression.trimmedDescription
                return argument.label.map { "\($0.text): \(value)" } ?? value
            }
            .joined(separator: ", ")
    }
}

extension DecoratorAttribute.Kind {
    /// The decorator of a name, with or without the module in front.
    fileprivate init?(name: TypeSyntax) {
        if let identifier = name.as(IdentifierTypeSyntax.self) {
            self.init(rawValue: identifier.name.text)
        } else if let member = name.as(MemberTypeSyntax.self), member.baseType.trimmedDescription == "SageMacros" {
            self.init(rawValue: member.name.text)
        } else {
            return nil
        }
    }
}
