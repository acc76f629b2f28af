import SwiftSyntaxMacrosGenericTestSupport
import Testing

struct FixItTests {
    /// A mistake and its repair.
    struct Repair: Sendable, CustomTestStringConvertible {
        let source: String
        let fixIt: String
        let fixed: String

        init(_ source: String, _ fixIt: String, _ fixed: String) {
            self.source = source
            self.fixIt = fixIt
            self.fixed = fixed
        }

        var testDescription: String { source }
    }

    static let repairs = [
        Repair("@Retry func f() {}", "Add 'async throws'", "@Retry func f() async throws {}"),
        Repair(
            "@Retry func f(x: Int) -> Int { 1 }", "Add 'async throws'",
            "@Retry func f(x: Int) async throws -> Int { 1 }"),
        Repair("@Retry func f() async {}", "Add 'throws'", "@Retry func f() async throws {}"),
        Repair(
            "@Retry func f() throws(E) -> Int { 1 }", "Add 'async'",
            "@Retry func f() async throws(E) -> Int { 1 }"),
        Repair(
            "@Retry func f(g: () throws -> Int) async rethrows {}", "Write 'throws' instead of 'rethrows'",
            "@Retry func f(g: () throws -> Int) async throws {}"),
        Repair(
            "@Resilient(\"p\") func f(_ x: inout Int) async throws {}", "Write 'inTask:'",
            "@Resilient(inTask: \"p\") func f(_ x: inout Int) async throws {}"),
        Repair(
            "@MainActor @Retry func f() async throws", "Remove @Retry", "@MainActor func f() async throws"),
        Repair(
            "@Retry(.llm)\n@Retry\nfunc f() async throws {}", "Remove this @Retry",
            "@Retry(.llm)\nfunc f() async throws {}"),
        Repair(
            "@CircuitBreaker(\"a\")\n@MainActor\n@Retry\nfunc f() async throws {}", "Move @CircuitBreaker below @Retry",
            "@MainActor\n@Retry\n@CircuitBreaker(\"a\")\nfunc f() async throws {}"),
    ]

    @Test(arguments: repairs) func aFixItMendsTheMistake(repair: Repair) {
        #expect(fixed(repair.source, by: repair.fixIt) == repair.fixed)
    }
}
