import SwiftSyntax

/// What the expansion has to know about a function.
struct FunctionShape {
    let syntax: FunctionDeclSyntax
    /// Its name with the types around it and the labels of its parameters, for example `Store.save(_:)`.
    let name: String
    /// The type that it is a method of; nil for other functions.
    private let type: String?
    /// Whether it is a requirement of a protocol.
    let isRequirement: Bool

    init(_ syntax: FunctionDeclSyntax, lexicalContext: [Syntax]) {
        self.syntax = syntax
        let labels = syntax.signature.parameterClause.parameters.map { "\($0.firstName.text):" }.joined()
        let types = lexicalContext.reversed().compactMap(Self.name)
        name = (types + ["\(syntax.name.text)(\(labels))"]).joined(separator: ".")
        type = lexicalContext.first.flatMap(Self.typeName)
        isRequirement = lexicalContext.first?.is(ProtocolDeclSyntax.self) ?? false
    }

    var parameters: FunctionParameterListSyntax { syntax.signature.parameterClause.parameters }

    var isAsync: Bool { syntax.signature.effectSpecifiers?.asyncSpecifier?.tokenKind == .keyword(.async) }

    /// The specifier, `throws` or `rethrows`; nil when it has none.
    var throwing: TokenSyntax? { syntax.signature.effectSpecifiers?.throwsClause?.throwsSpecifier }

    /// The type of its errors when it is not `any Error`.
    var errorType: String? {
        guard let type = syntax.signature.effectSpecifiers?.throwsClause?.type?.trimmedDescription else { return nil }
        return ["any Error", "Error", "any Swift.Error", "Swift.Error"].contains(type) ? nil : type
    }

    /// The type of its result as source; nil when a closure could not say it.
    var result: String? {
        guard let type = syntax.signature.returnClause?.type else { return "Void" }
        return type.tokens(viewMode: .sourceAccurate).contains { $0.tokenKind == .keyword(.some) }
            ? nil : type.trimmedDescription
    }

    var returnsVoid: Bool { ["Void", "()", "Swift.Void"].contains(result) }

    var isMutating: Bool { modifiers.contains(.keyword(.mutating)) }

    var isConsuming: Bool { modifiers.contains(.keyword(.consuming)) || modifiers.contains(.keyword(.__consuming)) }

    /// Whether a name in front of a member is that of the type around the function.
    func isOwnType(_ name: String) -> Bool {
        guard let type else { return false }
        return name == "Self" || Self.lastName(name) == Self.lastName(type)
    }

    /// The name of a type without the types around it and without its arguments.
    private static func lastName(_ type: String) -> Substring {
        let plain = type.prefix { $0 != "<" }
        return plain.split(separator: ".").last ?? plain
    }

    /// The name of a type, or of the type that an extension extends; nil for other declarations.
    private static func typeName(of scope: Syntax) -> String? {
        scope.is(FunctionDeclSyntax.self) ? nil : name(of: scope)
    }

    private var modifiers: [TokenKind] { syntax.modifiers.map(\.name.tokenKind) }

    /// The name of a declaration around the function.
    private static func name(of scope: Syntax) -> String? {
        if let scope = scope.asProtocol((any NamedDeclSyntax).self) { return scope.name.text }
        return scope.as(ExtensionDeclSyntax.self)?.extendedType.trimmedDescription
    }
}

extension FunctionParameterSyntax {
    /// How the body calls it.
    var localName: TokenSyntax { secondName ?? firstName }

    /// Whether its type has a specifier, such as `inout`.
    func has(_ specifier: Keyword) -> Bool {
        type.as(AttributedTypeSyntax.self)?.specifiers.contains { element in
            element.as(SimpleTypeSpecifierSyntax.self)?.specifier.tokenKind == .keyword(specifier)
        } ?? false
    }

    var isAutoclosure: Bool {
        type.as(AttributedTypeSyntax.self)?.attributes.contains { element in
            element.as(AttributeSyntax.self)?.attributeName.trimmedDescription == "autoclosure"
        } ?? false
    }
}
