import Testing

@testable import SageGateway

struct YAMLDocumentTests {
    @Test(arguments: [
        ("", "1:1: the file is empty; `sage config init` writes an example"),
        ("# only a comment\n", "1:1: the file is empty; `sage config init` writes an example"),
        ("---\n", "1:1: the file is empty; `sage config init` writes an example"),
        ("null", "1:1: the file is empty; `sage config init` writes an example"),
        (
            "- a\n- b",
            "1:1: the file is a list; expected is a mapping with the keys server, providers, models, policies, "
                + "keys, storage, memory, agent, telemetry"
        ),
        (
            "\n text",
            "2:2: the file is a single value; expected is a mapping with the keys server, providers, models, "
                + "policies, keys, storage, memory, agent, telemetry"
        ),
        (
            "{}",
            "1:1: providers: is missing; allowed is a mapping from names to a mapping with the keys kind, "
                + "baseURL, apiKey, apiKeys, headers, responses, policy, limits, models"
        ),
        ("providers: {}", "1:12: providers: is empty; at least one provider is needed"),
        ("server:\n\tport: 1", "2:1: the line is indented with a tab; YAML allows only spaces"),
        ("server: {port: 1", "2:1: is not valid YAML: did not find expected ',' or '}'"),
        ("a: b: c", "1:5: is not valid YAML: mapping values are not allowed in this context"),
        ("a: 1\n---\nb: 2", "2:1: is not valid YAML: but found another document"),
        ("server: {}\nmodels: {}\nserver: {}", "1:1: the key \"server\" stands twice in the same section"),
        ("server:\n  port: 1\n  'port': 2", "2:3: the key \"port\" stands twice in the same section"),
        ("server: *nothing", "1:9: the alias *nothing has no anchor before it"),
        ("server: &a { port: *a }", "1:20: the alias *a has no anchor before it"),
        ("a: &a x\n*a : 1", "2:1: a key must be a plain name, not a list, mapping or alias"),
        ("? [a, b]\n: 1", "1:3: a key must be a plain name, not a list, mapping or alias"),
        ("server: !!int 5", "1:9: tags (words that begin with `!`) are not supported"),
        ("server: !Custom { port: 1 }", "1:9: tags (words that begin with `!`) are not supported"),
        ("a: \u{1}", "1:4: the character U+1 is not allowed in YAML"),
        ("a: b\nc: \u{E000}", "2:4: the character U+E000 is not allowed in YAML"),
        ("a: \0", "1:4: the character U+0 is not allowed in YAML"),
    ])
    func aDocumentThatIsNoConfigurationIsRefused(_ yaml: String, _ line: String) {
        #expect(complaints(yaml) == ["sage.yaml:" + line])
    }

    @Test func invalidUTF8IsRefusedWithItsLine() {
        #expect(
            complaints(bytes: Array("server: {}\n# ".utf8) + [0xC3, 0x28])
                == ["sage.yaml:2:1: the line is not valid UTF-8; save the file with that encoding"])
        #expect(
            complaints(bytes: [0xFF, 0xFE, 0x61, 0x00])
                == ["sage.yaml:1:1: the line is not valid UTF-8; save the file with that encoding"])
    }

    @Test func aByteOrderMarkAndWindowsLinesAreAccepted() throws {
        let text = "\u{FEFF}" + minimalFile.split(separator: "\n").joined(separator: "\r\n")
        #expect(try load(text).providers.count == 1)
    }

    @Test func aTabIsNamedInAFileWithWindowsLines() {
        #expect(
            complaints("a: 1\r\nserver:\r\n\tport: 1\r\n")
                == ["sage.yaml:3:1: the line is indented with a tab; YAML allows only spaces"])
    }

    @Test func aHugeFileIsRefused() {
        let comment = "# " + String(repeating: "x", count: GatewayConfiguration.maximumFileBytes)
        #expect(
            complaints(comment) == [
                "sage.yaml:1:1: is larger than 1048576 bytes, the limit for a configuration "
                    + "file"
            ])
    }

    @Test func aFileOfTheLargestSizeIsRead() throws {
        let room = GatewayConfiguration.maximumFileBytes - minimalFile.utf8.count - 2
        #expect(try load(minimalFile + "# " + String(repeating: "x", count: room)).providers.count == 1)
    }

    @Test func tooManyValuesAreRefused() {
        let list = "models: [" + String(repeating: "1,", count: YAMLDocument.maximumNodes) + "]"
        #expect(
            complaints(list).map { $0.drop { $0 != " " } }
                == [" the file has more than 20000 values once its aliases are followed"])
    }

    /// Nine levels of nine aliases each are 387 million values in a few hundred bytes.
    @Test(arguments: [
        "server: *l8", "? *l8\n: 1", "? [*l8]\n: 1", "[*l8]: 1", "server: { ? [*l8] : 1, ? [*l8, 1] : 2 }",
    ])
    func aBombOfAliasesIsRefused(_ use: String) throws {
        var yaml = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            let items = Array(repeating: "*l\(level - 1)", count: 9).joined(separator: ", ")
            yaml += "l\(level): &l\(level) [\(items)]\n"
        }
        let line = try #require(complaints(yaml + use).first)
        #expect(line.contains("more than 20000 values once its aliases are followed"))
    }

    @Test func aliasesThatNestTooDeepAreRefused() throws {
        var yaml = "a0: &a0 [x]\n"
        for level in 1...40 { yaml += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(try #require(complaints(yaml).first).contains("is nested deeper than 32 levels"))
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "a: [", "[{? "])
    func deepNestingIsRefused(_ opening: String) throws {
        let line = try #require(complaints(String(repeating: opening, count: 100_000)).first)
        #expect(line.hasPrefix("sage.yaml:"))
    }

    @Test func threeHundredClosedLevelsAreRefusedForTheirDepth() {
        let yaml = "server: " + String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        #expect(complaints(yaml) == ["sage.yaml:1:40: is nested deeper than 32 levels"])
    }
}
