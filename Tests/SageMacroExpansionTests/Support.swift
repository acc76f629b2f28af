import SageMacroExpansion
import SwiftDiagnostics
import SwiftParser
import SwiftSyntax
import SwiftSyntaxMacroExpansion
import SwiftSyntaxMacros
import SwiftSyntaxMacrosGenericTestSupport
import Testing

/// Expands one attribute and compares; the other decorators of a function stay as they are written.
///
/// The expander of the tests complains about a second body macro, where the compiler expands one and ignores the
/// others; so only the last attribute of a function is known to it here.
func expectExpansion(
    of name: String = "Retry", _ source: String, _ expanded: String, diagnostics: [DiagnosticSpec] = [],
    applyFixIts: [String]? = nil, fixedSource: String? = nil, fileID: StaticString = #fileID,
    filePath: StaticString = #filePath, line: UInt = #line, column: UInt = #column
) {
    assertMacroExpansion(
        source, expandedSource: expanded, diagnostics: diagnostics,
        macroSpecs: [name: MacroSpec(type: DecoratorExpansion.self)], applyFixIts: applyFixIts,
        fixedSource: fixedSource,
        testModuleName: "App", testFileName: "Store.swift",
        failureHandler: { failure in
            Issue.record(
                "\(failure.message)",
                sourceLocation: SourceLocation(
                    fileID: failure.location.fileID, filePath: failure.location.filePath, line: failure.location.line,
                    column: failure.location.column))
        }, fileID: fileID, filePath: filePath, line: line, column: column)
}

/// What is said about a source, its last decorator being expanded: place, severity and message of each, in order.
func diagnostics(of source: String) -> [String] {
    let context = expand(source).context
    // This expander, unlike the compiler, expands two attributes of one name both, and complains about it.
    let diagnostics = context.diagnostics.filter { !$0.message.contains("more than one body macro") }
    return diagnostics.reduce(into: []) { texts, diagnostic in
        let place = context.location(
            for: diagnostic.position, anchoredAt: diagnostic.node, fileName: "Store.swift")
        let text = "\(place.line):\(place.column): \(diagnostic.diagMessage.severity): \(diagnostic.message)"
        if !texts.contains(text) { texts.append(text) }
    }
}

/// A source after one of the fix-its that are offered.
func fixed(_ source: String, by message: String) -> String? {
    let (context, file, _) = expand(source)
    return fixed(file, in: context, by: message)
}

/// A source that has been expanded, after one of the fix-its that are offered.
func fixed(_ file: SourceFileSyntax, in context: BasicMacroExpansionContext, by message: String) -> String? {
    let fixIt = context.diagnostics.flatMap(\.fixIts).first { $0.message.message == message }
    guard let fixIt else { return nil }
    var edits: [(start: Int, length: Int, text: String)] = []
    for case .replace(let old, let new) in fixIt.changes {
        let start = context.location(for: old.position, anchoredAt: old, fileName: "Store.swift").offset
        edits.append((start, old.totalLength.utf8Length, new.description))
    }
    var text = Array(file.description.utf8)
    // From the end, so that the places of those before stay valid.
    for edit in edits.sorted(by: { $0.start > $1.start }) {
        text.replaceSubrange(edit.start..<(edit.start + edit.length), with: Array(edit.text.utf8))
    }
    return String(decoding: text, as: UTF8.self)
}

/// Which diagnostics of a source offer no fix-it.
func mistakesWithoutFixIt(in source: String) -> [String] {
    expand(source).context.diagnostics
        .filter { $0.diagMessage.severity == .error && $0.fixIts.isEmpty }
        .map(\.message)
        .filter { !$0.contains("more than one body macro") }
}

/// A source with its last decorator expanded.
func expanded(_ source: String) -> String { expand(source).expanded.description }

private func expand(
    _ source: String
) -> (context: BasicMacroExpansionContext, file: SourceFileSyntax, expanded: Syntax) {
    let file = Parser.parse(source: source)
    let context = BasicMacroExpansionContext(
        sourceFiles: [file: .init(moduleName: "App", fullFilePath: "Store.swift")])
    let finder = LastDecorator(viewMode: .sourceAccurate)
    finder.walk(file)
    let expanded = file.expand(macroSpecs: [finder.name: MacroSpec(type: DecoratorExpansion.self)]) {
        BasicMacroExpansionContext(sharingWith: context, lexicalContext: $0.allMacroLexicalContexts())
    }
    return (context, file, expanded)
}

/// Finds the attribute that the compiler would expand.
private final class LastDecorator: SyntaxVisitor {
    private(set) var name = ""

    override func visit(_ node: AttributeSyntax) -> SyntaxVisitorContinueKind {
        name = node.attributeName.trimmedDescription
        return .visitChildren
    }
}
