import Testing

@testable import SageGateway

struct LimitsAndKeysTests {
    private static let digest = KeyDigest(key: "k").description
    private static let other = KeyDigest(key: "other").description

    @Test func limitsAreReadAndPresetsFillThemUp() throws {
        let configuration = try load(
            """
            providers:
              p:
                kind: openai
                apiKey: k
                limits: { preset: anthropic, tokensPerMinute: 200000 }
                models: { m: { limits: { maxConcurrent: 3, maxQueued: 0 } } }
            models:
              smart: { targets: [{ provider: p, model: x, limits: { requestsPerMinute: 7 } }] }
            policies: { default: { maxWait: 250ms } }
            """)
        let limits = try #require(configuration.providers["p"]?.limits?.resolved)
        #expect(limits == .init(requestsPerMinute: 60, tokensPerMinute: 200_000))
        #expect(configuration.limits(ofModel: "m", at: "p") == .init(maxConcurrent: 3, maxQueued: 0))
        #expect(configuration.limits(ofModel: "x", at: "p") == .init(requestsPerMinute: 7))
        #expect(configuration.limits(ofModel: "y", at: "p") == nil)
        #expect(configuration.policies["default"]?.maxWait == .milliseconds(250))
    }

    @Test(arguments: [
        (GatewayConfiguration.Limits.Preset.anthropic, 60), (.openai, 100), (.google, 30),
    ])
    func presetsHaveTheirNumbers(_ preset: GatewayConfiguration.Limits.Preset, _ requests: Int) {
        let limits = GatewayConfiguration.Limits(preset: preset)
        #expect(limits.resolved.requestsPerMinute == requests)
        #expect(GatewayConfiguration.Limits(preset: preset, requestsPerMinute: 5).resolved.requestsPerMinute == 5)
    }

    @Test func limitsOfOneTargetCannotContradictEachOther() {
        let lines = complaints(
            minimalFile + """
                models:
                  a: { targets: [{ provider: openai, model: x, limits: { requestsPerMinute: 7 } }] }
                  b: { targets: [{ provider: openai, model: x, limits: { requestsPerMinute: 8 } }] }
                  c: { targets: [{ provider: openai, model: x, limits: { requestsPerMinute: 7 } }] }
                  d: { targets: [{ provider: openai, model: x }] }
                """)
        #expect(
            lines == [
                "sage.yaml:5:56: models.b.targets[0].limits: differs from other limits of openai/x; they are shared by "
                    + "all models of this file that lead there, so write them once, for example under "
                    + "providers.openai.models"
            ])
    }

    @Test func keysAreRead() throws {
        let configuration = try load(
            minimalFile + """
                keys:
                  - name: team-a
                    hash: "\(Self.digest)"
                    requestsPerMinute: 600
                    tokensPerMinute: 400000
                    priority: high
                    models: [smart, "openai/*"]
                  - { name: b, hash: "\(Self.other)" }
                """)
        let (first, second) = (configuration.keys[0], configuration.keys[1])
        #expect(first.requestsPerMinute == 600 && first.tokensPerMinute == 400_000 && first.priority == .high)
        #expect(first.models.map(\.text) == ["smart", "openai/*"])
        #expect(first.hash == KeyDigest(key: "k"))
        #expect(second.priority == .normal && second.models == [.any] && second.requestsPerMinute == nil)
        let again = try load(configuration.effectiveYAML)
        #expect(again.keys == configuration.keys)
    }

    @Test(arguments: [
        (
            "{ name: a, hash: sk-sage-visible-secret }",
            "hash: has a value that is not shown here; allowed is sha256: and 64 lower-case hexadecimal digits, "
                + "as `sage keys create` and `sage keys hash` print it"
        ),
        ("{ hash: '\(digest)' }", "name: is missing; allowed is 1 to 64 of the characters A-Z a-z 0-9 . _ -"),
        (
            "{ name: 'a b', hash: '\(digest)' }",
            "name: is \"a b\"; allowed is 1 to 64 of the characters A-Z a-z 0-9 . _ -"
        ),
        (
            "{ name: a, hash: '\(digest)', priority: urgent }",
            "priority: is urgent; allowed is low, normal, high, critical"
        ),
        (
            "{ name: a, hash: '\(digest)', models: [] }",
            "models: is empty; a key without models is of no use"
        ),
        (
            "{ name: a, hash: '\(digest)', models: [''] }",
            "models[0]: is \"\"; allowed is 1 to 256 characters without control characters; "
                + "* stands for any characters"
        ),
        (
            "{ name: a, hash: '\(digest)', requestsPerMinute: 0 }",
            "requestsPerMinute: is 0; allowed is 1 to 10000000"
        ),
        (
            "{ name: a, hash: '\(digest)' }, { name: a, hash: '\(other)' }",
            "name: is a, the name of another key already"
        ),
        ("{ name: a, hash: '\(digest)' }, { name: b, hash: '\(digest)' }", "hash: is that of the key a already"),
    ])
    func aWrongKeyIsNamed(_ keys: String, _ complaint: String) {
        let lines = complaints(minimalFile + "keys: [\(keys)]")
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix(complaint) == true, "\(lines)")
        #expect(lines.allSatisfy { !$0.contains("sk-sage") })
    }
}
