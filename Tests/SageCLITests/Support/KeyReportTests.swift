import ArgumentParser
import SageGateway
import SageLLM
import Testing

@testable import SageCLI

struct KeyReportTests {
    private func key(_ models: [String]) -> GatewayConfiguration.ClientKey {
        GatewayConfiguration.ClientKey(
            name: "team-a", hash: KeyDigest(key: "k"), requestsPerMinute: 600, tokensPerMinute: 400_000,
            priority: .high,
            models: models.compactMap { ModelPattern($0) })
    }

    @Test(arguments: [["*"], ["smart", "openai/*"], ["a\"b", "x: y", "${NAME}", "$", "日本", "#", "- a"]])
    func theEntryIsReadBackAsItIs(_ models: [String]) throws {
        let entry = key(models)
        let file = "providers: { s: { kind: simulated } }\nkeys:\n  \(entry.yamlLine)\n"
        let configuration = try GatewayConfiguration.load(bytes: Array(file.utf8), named: "f", environment: [:])
        #expect(configuration.keys == [entry])
    }

    @Test func theTableShowsNoWholeHash() {
        let lines = KeyReport.table([key(["*"])], TerminalStyle(isColoured: false))
        #expect(lines.first == "NAME    REQUESTS/MIN  TOKENS/MIN  PRIORITY  MODELS  HASH")
        #expect(lines.last?.hasPrefix("team-a           600      400000  high      *       sha256:") == true)
        #expect(lines.last?.hasSuffix("...") == true)
        #expect(KeyReport.table([], TerminalStyle(isColoured: false)).count == 1)
    }

    @Test func onlyANewKeyIsShown() {
        #expect(KeyReport.json(key(["*"]), key: "secret").description.contains("secret"))
        #expect(!KeyReport.json(key(["*"])).description.contains("\"key\""))
    }

    @Test(arguments: [
        ("12345678", "12345678"), ("12345678\n", "12345678"), ("12345678\r\n", "12345678"), ("1234567", nil),
        ("1234 5678", nil), ("12345678\n\n", nil), ("", nil), ("schlüssel-123", nil),
        (String(repeating: "x", count: 1_025), nil),
    ])
    func aKeyIsOneLine(_ input: String, _ key: String?) {
        #expect(KeysHashCommand.key(in: Array(input.utf8)) == key)
    }

    @Test(arguments: [
        ["--name", "a b"], ["--name", ""], ["--name", "a", "--models", ""], ["--name", "a", "--priority", "urgent"],
        ["--name", "a", "--requests-per-minute", "0"], ["--name", "a", "--tokens-per-minute", "-1"], [],
    ])
    func wrongOptionsAreRefused(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try KeysCreateCommand.parse(arguments) }
    }
}
