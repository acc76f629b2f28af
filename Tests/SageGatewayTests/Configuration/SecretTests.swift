import Foundation
import Testing

@testable import SageGateway

struct SecretTests {
    private static let hidden = "hunter2-very-secret"

    @Test func aSecretDoesNotShowInAnyWayOfPrinting() throws {
        let secret = Secret(Self.hidden)
        var dumped = ""
        dump(secret, to: &dumped)
        dump([secret], to: &dumped)
        let encoded = String(decoding: try JSONEncoder().encode([secret]), as: UTF8.self)
        let outputs = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])",
            "\(Optional(secret) as Any)",
            dumped, encoded, "\(Mirror(reflecting: secret).children.map(\.value))",
        ]
        for output in outputs { #expect(!output.contains(Self.hidden)) }
        #expect(encoded == #"["[redacted]"]"#)
        #expect(secret.reveal() == Self.hidden)
    }

    @Test(arguments: [
        ("", false), ("hunter2-very-secre", false), ("hunter2-very-secret", true), ("hunter2-very-secretx", false),
    ])
    func onlyTheSameTextMatches(_ candidate: String, _ expected: Bool) {
        #expect(Secret(Self.hidden).matches(candidate) == expected)
    }

    private static let secretFile = """
        server: { adminToken: \(hidden)-admin }
        providers:
          a: { kind: openai, apiKey: \(hidden)-key, headers: { X-Api-Key: \(hidden)-header, X-Team: blue } }
          b: { kind: openai, headers: { Authorization: "Basic \(hidden)-basic" } }
          c: { kind: openai, apiKey: "${FROM_ENVIRONMENT}" }
        """

    @Test func aConfigurationNeverShowsASecret() throws {
        let configuration = try load(Self.secretFile, environment: ["FROM_ENVIRONMENT": Self.hidden])
        #expect(configuration.providers["c"]?.apiKey?.reveal() == Self.hidden)
        var dumped = ""
        dump(configuration, to: &dumped)
        let outputs = [
            configuration.effectiveYAML, configuration.effectiveJSON, "\(configuration)", dumped,
            configuration.notices.joined(),
        ]
        for output in outputs { #expect(!output.contains("hunter2")) }
        #expect(configuration.effectiveYAML.contains("x-api-key: \"[redacted]\""))
        #expect(configuration.effectiveYAML.contains("x-team: blue"))
    }

    /// Each of these is wrong somewhere beside, around or instead of the secret.
    @Test(arguments: [
        "providers: { a: { kind: openai, apikey: \(hidden) } }",
        "providers: { a: { kind: openai, apiKey: [\(hidden)] } }",
        "providers: { a: { kind: openai, apiKey: { \(hidden): 1 } } }",
        "providers: { a: { kind: openai, apiKey: '\(hidden) \(hidden)' } }",
        "providers: { a: { kind: openai, apiKey: '${X:-\(hidden)' } }",
        "providers: { a: { kind: openai, apiKey: '$\(hidden)' } }",
        "providers: { a: { kind: openai, apiKey: '${UNSET}\(hidden)' } }",
        "providers: { a: { kind: openai, apiKey: \(hidden)",
        "providers: { a: { kind: openai, apiKey: \"\(hidden) } }",
        "providers: { a: { kind: openai, apiKey: \(hidden), apiKey: \(hidden) } }",
        "providers: { a: { kind: openai, apiKey: &x !!\(hidden) \(hidden) } }",
        "providers: { a: { kind: openai, apiKey: \"\(hidden)\\n\" } }",
        "providers: { a: { kind: openai, baseURL: 'https://u:\(hidden)@h/v1' } }",
        "providers: { a: { kind: openai, baseURL: 'https://h/v1?key=\(hidden)' } }",
        "providers: { a: { kind: simulated, apiKey: \(hidden) } }",
        "providers: { a: { kind: openai, headers: { X-Any: \"\(hidden)\\u0001\" } } }",
        "providers: { a: { kind: openai, headers: { Host: \(hidden) } } }",
        "server: { adminToken: '\(hidden) x', port: x }\nproviders: { a: { kind: openai } }",
        "server: { admin_token: \(hidden) }\nproviders: { a: { kind: openai } }",
        "server: { port: '${SECRET}', host: '${SECRET} ', log: '${SECRET}' }\nproviders: { a: { kind: "
            + "'${SECRET}' } }",
        "server: { port: sk-\(hidden) }\nproviders: { a: { kind: openai } }",
    ])
    func noMessageRepeatsASecret(_ yaml: String) {
        let lines = complaints(yaml, environment: ["SECRET": Self.hidden])
        #expect(!lines.isEmpty)
        for line in lines { #expect(!line.contains("hunter2")) }
    }
}
