import SageMacroExpansion
import SwiftDiagnostics
import SwiftParser
import SwiftSyntax
import SwiftSyntaxMacroExpansion
import SwiftSyntaxMacros
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
        Repair(
            "/// Asks.\n@Retry\nfunc f() async throws", "Remove @Retry", "/// Asks.\nfunc f() async throws"),
        Repair(
            "/// Asks.\n@Retry\n@MainActor func f() async throws", "Remove @Retry",
            "/// Asks.\n@MainActor func f() async throws"),
        Repair(
            "protocol P {\n    @Bulkhead(limit: 1) @Retry\n    func f() async throws\n}", "Remove @Bulkhead and @Retry",
            "protocol P {\n    func f() async throws\n}"),
        Repair(
            "@Retry func f() async throws(Never) {}", "Write 'throws' instead of 'throws(Never)'",
            "@Retry func f() async throws {}"),
        Repair(
            "@Retry func f() throws(Never) -> Int { 1 }", "Write 'throws' instead of 'throws(Never)'",
            "@Retry func f() async throws -> Int { 1 }"),
        Repair(
            "@Retry func f(_ x: consuming Buffer) async throws {}", "Remove 'consuming'",
            "@Retry func f(_ x: Buffer) async throws {}"),
        Repair(
            "@Retry func f(_ x: __owned Buffer) async throws {}", "Remove @Retry",
            "func f(_ x: __owned Buffer) async throws {}"),
        Repair(
            "struct S { @Retry consuming func f() async throws {} }", "Remove @Retry",
            "struct S { consuming func f() async throws {} }"),
        Repair(
            "struct S { @Retry @Timeout(.seconds(1)) mutating func f() async throws {} }", "Remove @Timeout",
            "struct S { @Retry mutating func f() async throws {} }"),
        Repair(
            "@Hedged(after: .zero) func f(_ x: inout Int) async throws {}", "Remove @Hedged",
            "func f(_ x: inout Int) async throws {}"),
        Repair("struct S { @Retry init() async throws {} }", "Remove @Retry", "struct S { init() async throws {} }"),
        Repair(
            "class C {\n    /// Ends.\n    @Retry\n    deinit {}\n}", "Remove @Retry",
            "class C {\n    /// Ends.\n    deinit {}\n}"),
        Repair(
            "var x: Int { @Retry get async throws { 1 } }", "Remove @Retry", "var x: Int { get async throws { 1 } }"),
        Repair(
            "#if DEBUG\n@MainActor\n@Throttled\n#endif\n@Retry func f() async throws {}", "Remove @Throttled",
            "#if DEBUG\n@MainActor\n#endif\n@Retry func f() async throws {}"),
        Repair(
            "#if DEBUG\n@Throttled\n#endif\n@Retry func f() async throws {}", "Remove @Throttled",
            "#if DEBUG\n#endif\n@Retry func f() async throws {}"),
        Repair(
            "@Retry(standard) func f(standard: Int) async throws {}", "Remove @Retry",
            "func f(standard: Int) async throws {}"),
    ]

    static let arguments = [
        Repair(
            "@Retry(maxAttempts: 0) func f() async throws {}", "Write '1'",
            "@Retry(maxAttempts: 1) func f() async throws {}"),
        Repair(
            "@Retry(initialDelay: .seconds(-1), jitter: .none) func f() async throws {}", "Write '.zero'",
            "@Retry(initialDelay: .zero, jitter: .none) func f() async throws {}"),
        Repair(
            "@Retry(maxAttempts: 2, totalTimeLimit: .zero) func f() async throws {}", "Remove 'totalTimeLimit:'",
            "@Retry(maxAttempts: 2) func f() async throws {}"),
        Repair(
            "@Retry(totalTimeLimit: .zero) func f() async throws {}", "Remove 'totalTimeLimit:'",
            "@Retry() func f() async throws {}"),
        Repair(
            "@CircuitBreaker(\n    recoveryTimeout: .zero,\n    windowSize: 9\n) func f() async throws {}",
            "Remove 'recoveryTimeout:'", "@CircuitBreaker(\n    windowSize: 9\n) func f() async throws {}"),
        Repair(
            "@CircuitBreaker(failureThreshold: 5, successRateThreshold: -1) func f() async throws {}", "Write '0'",
            "@CircuitBreaker(failureThreshold: 5, successRateThreshold: 0) func f() async throws {}"),
        Repair(
            "@CircuitBreaker(failureThreshold: 5, successRateThreshold: 1) func f() async throws {}",
            "Remove 'successRateThreshold:'", "@CircuitBreaker(failureThreshold: 5) func f() async throws {}"),
        Repair(
            "@CircuitBreaker(failureThreshold: 5, windowSize: 4) func f() async throws {}", "Write 'windowSize: 5'",
            "@CircuitBreaker(failureThreshold: 5, windowSize: 5) func f() async throws {}"),
        Repair(
            "@CircuitBreaker(failureThreshold: 5, windowSize: 4) func f() async throws {}",
            "Write 'failureThreshold: 4'",
            "@CircuitBreaker(failureThreshold: 4, windowSize: 4) func f() async throws {}"),
        Repair(
            "@CircuitBreaker(\" \", .llm) func f() async throws {}", "Remove \" \"",
            "@CircuitBreaker(.llm) func f() async throws {}"),
        Repair("@Bulkhead(\"\") func f() async throws {}", "Remove @Bulkhead", "func f() async throws {}"),
        Repair("@Resilient(\"\") func f() async throws {}", "Remove @Resilient", "func f() async throws {}"),
        Repair(
            "@Bulkhead(limit: 2_000_000) func f() async throws {}", "Write '1000000'",
            "@Bulkhead(limit: 1000000) func f() async throws {}"),
        Repair(
            "@RateLimited(limit: 1, per: .zero, maxWait: .zero) func f() async throws {}", "Write '.seconds(1)'",
            "@RateLimited(limit: 1, per: .seconds(1), maxWait: .zero) func f() async throws {}"),
        Repair("@Timeout(.zero) func f() async throws {}", "Remove @Timeout", "func f() async throws {}"),
        Repair(
            "@Hedged(after: .zero, maxHedges: 11) func f() async throws {}", "Write '10'",
            "@Hedged(after: .zero, maxHedges: 10) func f() async throws {}"),
        Repair(
            "@Retry(jitter: .proportional(1.5)) func f() async throws {}", "Write '.proportional(1)'",
            "@Retry(jitter: .proportional(1)) func f() async throws {}"),
        Repair(
            "@Retry(jitter: Jitter.proportional(-0.5)) func f() async throws {}", "Write 'Jitter.proportional(0)'",
            "@Retry(jitter: Jitter.proportional(0)) func f() async throws {}"),
    ]

    static let fallbacks = [
        Repair("@Fallback(returning: 1) func f() async throws {}", "Remove @Fallback", "func f() async throws {}"),
        Repair(
            "@Fallback(to: f) @Retry func f() async throws -> Int { 1 }", "Remove @Fallback",
            "@Retry func f() async throws -> Int { 1 }"),
        Repair(
            "@Fallback(to: S.g(_:)) func f() async throws -> Int { 1 }", "Write 'S.g'",
            "@Fallback(to: S.g) func f() async throws -> Int { 1 }"),
        Repair(
            "@Fallback(to: \"g(_:)\") func f() async throws -> Int { 1 }", "Write '\"g\"'",
            "@Fallback(to: \"g\") func f() async throws -> Int { 1 }"),
        Repair(
            "@Fallback(to: S.g(1), kinds: []) func f(x: Int) async throws -> Int { 1 }", "Write 'S.g'",
            "@Fallback(to: S.g, kinds: []) func f(x: Int) async throws -> Int { 1 }"),
        Repair(
            "@Fallback(to: { 1 }) func f() async throws -> Int { 1 }", "Remove @Fallback",
            "func f() async throws -> Int { 1 }"),
        Repair(
            "@Fallback(to: g) func f(_: Int, _ value: Int) async throws -> Int { value }",
            "Name the parameter 'value2'",
            "@Fallback(to: g) func f(_ value2: Int, _ value: Int) async throws -> Int { value }"),
        Repair(
            "@Fallback(to: g) func f(at _: Int) async throws -> Int { 1 }", "Name the parameter 'value'",
            "@Fallback(to: g) func f(at value: Int) async throws -> Int { 1 }"),
        Repair(
            "@Fallback(to: g) func f(_ x: Int...) async throws -> Int { 1 }", "Remove @Fallback",
            "func f(_ x: Int...) async throws -> Int { 1 }"),
        Repair(
            "@Fallback(to: g) func f<each T>(_ x: repeat each T) async throws -> Int { 1 }", "Remove @Fallback",
            "func f<each T>(_ x: repeat each T) async throws -> Int { 1 }"),
    ]

    @Test(arguments: repairs + arguments + fallbacks) func aFixItMendsTheMistake(repair: Repair) {
        #expect(fixed(repair.source, by: repair.fixIt) == repair.fixed)
    }

    @Test func aNameThatIsNotUnderstoodIsWrittenPlainly() throws {
        let file = Parser.parse(source: "@Other.Retry func f() async throws {}")
        let context = BasicMacroExpansionContext(
            sourceFiles: [file: .init(moduleName: "App", fullFilePath: "Store.swift")])
        let function = try #require(file.statements.first?.item.as(FunctionDeclSyntax.self))
        let attribute = try #require(function.attributes.first?.as(AttributeSyntax.self))
        let body = try DecoratorExpansion.expansion(of: attribute, providingBodyFor: function, in: context)
        #expect(body.isEmpty)
        #expect(context.diagnostics.map(\.message) == ["@Other.Retry cannot be composed as it is written here"])
        #expect(fixed(file, in: context, by: "Write '@Retry'") == "@Retry func f() async throws {}")
    }
}
