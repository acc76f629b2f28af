import SwiftSyntax
import SwiftSyntaxMacros

/// Where a function stands, and the number by which the engine finds its pipeline.
struct SourceLocation {
    /// Module, file, line and column.
    let text: String

    init(of function: FunctionDeclSyntax, in context: some MacroExpansionContext) {
        guard
            let location = context.location(of: function.name, at: .afterLeadingTrivia, filePathMode: .fileID)
        else {
            // Never so in the compiler; a name that is unique is all that is needed.
            text = context.makeUniqueName(function.name.text).text
            return
        }
        let file = location.file.trimmedDescription.trimming("\"")
        text = "\(file):\(location.line.trimmedDescription):\(location.column.trimmedDescription)"
    }

    /// The location of one of the nested parts of a function.
    func part(_ index: Int) -> String { index == 0 ? text : "\(text)#\(index)" }

    /// The 64-bit FNV-1a hash of a text.
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

extension String {
    fileprivate func trimming(_ character: Character) -> String {
        guard count >= 2, first == character, last == character else { return self }
        return String(dropFirst().dropLast())
    }
}
