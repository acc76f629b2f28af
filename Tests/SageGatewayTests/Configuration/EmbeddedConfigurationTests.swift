import Testing

@testable import SageGateway

struct EmbeddedConfigurationTests {
    @Test func withoutAnythingThereIsTheSimulatedModel() {
        let configuration = GatewayConfiguration.embedded(environment: [:])
        #expect(configuration.server.host == "127.0.0.1")
        #expect(configuration.server.port == 4141)
        #expect(configuration.providers.keys.sorted() == ["simulated"])
        #expect(configuration.models["sage-sim"]?.targets == [.init(provider: "simulated", model: "sage-sim")])
        #expect(configuration.policies == ["default": GatewayConfiguration.Policy()])
        #expect(configuration.notices.isEmpty)
    }

    @Test func providersComeFromTheEnvironment() throws {
        let configuration = GatewayConfiguration.embedded(environment: [
            "OPENAI_API_KEY": "sk-1", "SILICONFLOW_API_KEY": "sk-2", "OLLAMA_HOST": "gpu:11434",
            "ANTHROPIC_API_KEY": "sk-3", "GEMINI_API_KEY": "sk-4", "SAGE_ADMIN_TOKEN": "token",
        ])
        #expect(
            configuration.providers.keys.sorted() == [
                "anthropic", "gemini", "ollama", "openai", "siliconflow", "simulated",
            ])
        #expect(configuration.providers["anthropic"]?.baseURL?.description == "https://api.anthropic.com")
        #expect(
            configuration.providers["gemini"]?.baseURL?.description == "https://generativelanguage.googleapis.com")
        #expect(configuration.providers["openai"]?.apiKey == Secret("sk-1"))
        #expect(configuration.providers["openai"]?.baseURL?.description == "https://api.openai.com/v1")
        #expect(configuration.providers["siliconflow"]?.baseURL?.description == "https://api.siliconflow.cn/v1")
        #expect(configuration.providers["ollama"]?.baseURL?.description == "http://gpu:11434/v1")
        #expect(configuration.providers["ollama"]?.apiKey == nil)
        #expect(configuration.server.adminToken == Secret("token"))
        #expect(configuration.notices.isEmpty)
        let again = try load(configuration.effectiveYAML)
        #expect(again.providers.keys == configuration.providers.keys)
        #expect(again.models == configuration.models)
    }

    @Test func emptyAndUnusableVariablesAddNoProvider() {
        let configuration = GatewayConfiguration.embedded(environment: [
            "OPENAI_API_KEY": "", "SILICONFLOW_API_KEY": "sk-1\n", "OLLAMA_HOST": "http://u:sk-1@h",
            "GEMINI_API_KEY": "",
        ])
        #expect(configuration.providers.keys.sorted() == ["simulated"])
        #expect(
            configuration.notices == [
                "SILICONFLOW_API_KEY is set, but is not used: it contains spaces or control characters",
                "OLLAMA_HOST is set, but is not used: allowed is host, host:port or an http or https address",
            ])
    }

    @Test(arguments: ["foo", "localhost:8000/v1", "http://u:sk-1@h/v1"])
    func aKeyIsNotSentElsewhereThanAsked(_ address: String) {
        let configuration = GatewayConfiguration.embedded(environment: [
            "OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": address,
        ])
        #expect(configuration.providers.keys.sorted() == ["simulated"])
        #expect(
            configuration.notices == [
                "OPENAI_BASE_URL is set, but cannot be used, and so OPENAI_API_KEY is not: allowed is an http or https "
                    + "address such as https://api.openai.com/v1"
            ])
    }

    @Test(arguments: [
        ("localhost", "http://localhost:11434/v1"), ("10.0.0.1:8080", "http://10.0.0.1:8080/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"), (":8080", "http://127.0.0.1:8080/v1"),
        ("[::]", "http://[::1]:11434/v1"),
        ("[fe80::1]:99", "http://[fe80::1]:99/v1"), ("http://gpu", "http://gpu/v1"), ("https://gpu/", "https://gpu/v1"),
        ("https://gpu:8443/ollama", "https://gpu:8443/ollama/v1"), ("http://gpu:1/v1/", "http://gpu:1/v1"),
        ("gpu/", "http://gpu:11434/v1"),
    ])
    func theHostOfOllamaIsReadAsItsOwnClientDoes(_ host: String, _ expected: String) {
        let configuration = GatewayConfiguration.embedded(environment: ["OLLAMA_HOST": host])
        #expect(configuration.providers["ollama"]?.baseURL?.description == expected)
    }
}
