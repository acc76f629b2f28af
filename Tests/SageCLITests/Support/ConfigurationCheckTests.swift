import SageGateway
import SageLLM
import Testing

@testable import SageCLI

struct ConfigurationCheckTests {
    private func load(_ text: String) throws -> GatewayConfiguration {
        try GatewayConfiguration.load(bytes: Array(text.utf8), named: "sage.yaml", environment: [:])
    }

    @Test("The summary counts what the file declares")
    func summary() throws {
        let one = try load("providers: { a: { kind: simulated } }")
        #expect(ConfigurationCheck(one).summary == "1 provider, 1 model, 1 policy")
        let example = try load(GatewayConfiguration.exampleFile)
        #expect(ConfigurationCheck(example).summary == "5 providers, 2 models, 1 policy")
    }

    @Test(
        "An address that others can reach is told",
        arguments: [("127.0.0.1", false), ("localhost", false), ("0.0.0.0", true), ("10.1.2.3", true)])
    func openHost(host: String, isTold: Bool) throws {
        let check = ConfigurationCheck(
            try load("server: { host: \(host) }\nproviders: { a: { kind: simulated } }"))
        #expect(check.notices.contains { $0.contains(host) && $0.contains("--insecure-no-auth") } == isTold)
    }

    @Test("Problems keep their places in JSON")
    func problems() throws {
        let error = try #require(throws: ConfigurationFileError.self) {
            _ = try load("providers:\n  a: { kind: simulatd }\nextra: 1\n")
        }
        let json = ConfigurationCheck.json(file: "sage.yaml", problems: error.problems, notices: [])
        #expect(json["valid"] == false)
        let places = json["problems"]?.arrayValue?.map { $0["line"]?.intValue }
        #expect(places == [2, 3])
        #expect(json["problems"]?[0]?["field"] == "providers.a.kind")
        #expect(ConfigurationCheck.json(file: "f", problems: [], notices: ["n"])["valid"] == true)
    }
}
