import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxBuilder

extension FixIt {
    /// A replacement of one node.
    static func replacing(_ old: some SyntaxProtocol, by new: some SyntaxProtocol, _ message: String) -> FixIt {
        FixIt(
            message: DecoratorFixIt(message: message),
            changes: [.replace(oldNode: Syntax(old), newNode: Syntax(new))])
    }

    /// Another expression, whose source names the fix-it too.
    static func writing(_ source: String, insteadOf old: ExprSyntax) -> FixIt {
        let new = ExprSyntax("\(raw: source)")
            .with(\.leadingTrivia, old.leadingTrivia).with(\.trailingTrivia, old.trailingTrivia)
        return .replacing(old, by: new, "Write '\(source)'")
    }

    /// Takes decorators off a declaration; what is written above them stays.
    static func removing(_ decorators: [DecoratorAttribute], from list: AttributeListSyntax) -> FixIt {
        let names = decorators.map(\.name).joined(separator: " and ")
        return removing(decorators.map(\.syntax), from: list, "Remove \(names)")
    }

    /// Takes attributes off a declaration; what is written above them stays.
    static func removing(
        _ attributes: [AttributeSyntax], from list: AttributeListSyntax, _ message: String
    ) -> FixIt {
        let removed = Set(attributes.map { Syntax($0).id })
        var rest = list.filter { !removed.contains(Syntax($0).id) }
        var changes: [Change] = []
        let isFirst = list.first.map { removed.contains(Syntax($0).id) } ?? false
        if rest.isEmpty {
            // Where no attribute is left, the comment above is that of the next token.
            if let next = list.lastToken(viewMode: .sourceAccurate)?.nextToken(viewMode: .sourceAccurate) {
                let trivia = list.leadingTrivia.followed(by: next.leadingTrivia)
                if trivia != next.leadingTrivia {
                    changes.append(.replace(oldNode: Syntax(next), newNode: Syntax(next.with(\.leadingTrivia, trivia))))
                }
            }
        } else {
            if isFirst { rest.leadingTrivia = list.leadingTrivia.followed(by: rest.leadingTrivia) }
            rest.trailingTrivia = list.trailingTrivia
        }
        changes.insert(.replace(oldNode: Syntax(list), newNode: Syntax(rest)), at: 0)
        return FixIt(message: DecoratorFixIt(message: message), changes: changes)
    }

    /// Takes an argument off its attribute.
    static func removing(_ argument: LabeledExprSyntax, from list: LabeledExprListSyntax) -> FixIt {
        var rest = list.filter { $0.id != argument.id }
        if list.first?.id == argument.id { rest.leadingTrivia = list.leadingTrivia }
        if list.last?.id == argument.id, let last = rest.indices.last {
            rest[last].trailingComma = nil
            rest.trailingTrivia = list.trailingTrivia
        }
        let name = argument.label.map { "'\($0.text):'" } ?? argument.expression.trimmedDescription
        return .replacing(list, by: rest, "Remove \(name)")
    }
}

extension Trivia {
    /// This, and the other unless it is only space.
    fileprivate func followed(by other: Trivia) -> Trivia {
        other.allSatisfy(\.isWhitespace) ? self : self + other
    }
}
