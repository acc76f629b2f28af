import Foundation
import Testing

@testable import SageMock

/// The steps that the documentation offers for pasting can be pasted.
struct DocumentedStepsTests {
    private static let page: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        return (try? String(contentsOf: root.appending(path: "Documentation/mock-provider.md"), encoding: .utf8)) ?? ""
    }()

    /// The code spans of a line; one with a backquote in it has two around it.
    private static func spans(_ line: Substring) -> [String] {
        line.matches(of: /``(.+?)``|`([^`]+)`/).map { String($0.output.1 ?? $0.output.2 ?? "") }
    }

    static let steps: [String] = page.split(separator: "\n").filter { $0.hasPrefix("|") && !$0.hasPrefix("| `header`") }
        .flatMap(spans).map { $0.trimming { $0 == " " } }
        .filter { $0.hasPrefix("{ ") && $0.contains(":") }

    @Test func thereAreMany() {
        #expect(Self.steps.count > 90)
    }

    @Test(arguments: steps)
    func aStepCanBeRead(_ step: String) throws {
        let script = try FaultScript(parsing: "- steps: [\(step)]")
        #expect(script.rules.first?.steps.count == 1)
    }

    @Test(arguments: page.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] })
    func aRecipeCanBeRead(_ recipe: String) throws {
        #expect(try !FaultScript(parsing: recipe).rules.isEmpty)
    }
}

extension String {
    fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> String {
        String(drop(while: isTrimmed).reversed().drop(while: isTrimmed).reversed())
    }
}
