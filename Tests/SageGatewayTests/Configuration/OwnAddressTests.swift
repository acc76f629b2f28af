import SageResilience
import Testing

@testable import SageGateway

struct OwnAddressTests {
    @Test func aProviderOfTheEnvironmentIsCalledAtItsOwnAddress() throws {
        var configuration = GatewayConfiguration.embedded(environment: [
            "OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://localhost:4141/v1",
            "ANTHROPIC_API_KEY": "sk-2", "ANTHROPIC_BASE_URL": "http://127.0.0.1:4142",
        ])
        try configuration.leaveOutOwnAddress()
        #expect(configuration.providers["openai"]?.baseURL?.description == "https://api.openai.com/v1")
        #expect(configuration.providers["anthropic"]?.baseURL?.description == "http://127.0.0.1:4142")
        #expect(
            configuration.notices == [
                "OPENAI_BASE_URL is the address of this server; the provider openai is called at https://api.openai.com/v1"
            ])
    }

    @Test(arguments: [
        ("127.0.0.1", "http://127.0.0.1:4141/v1", true), ("127.0.0.1", "http://localhost:4141/v1", true),
        ("::1", "http://[::1]:4141/v1", true), ("0.0.0.0", "http://127.0.0.1:4141/v1", true),
        ("sage.example", "http://sage.example:4141/v1", true), ("127.0.0.1", "http://127.0.0.1:4142/v1", false),
        ("127.0.0.1", "http://10.0.0.1:4141/v1", false), ("10.0.0.2", "http://127.0.0.1:4141/v1", false),
    ])
    func aProviderOfAFileMustNotBeTheServer(_ host: String, _ address: String, _ isServer: Bool) throws {
        var configuration = GatewayConfiguration()
        configuration.server.host = host
        let url = try #require(BaseURL(address))
        configuration.providers["loop"] = .init(kind: .openai, baseURL: url)
        do throws(ConfigurationError) {
            try configuration.leaveOutOwnAddress()
            #expect(!isServer)
        } catch {
            #expect(isServer)
            #expect(error.field == "providers.loop.baseURL")
        }
    }

    @Test func aServerOnAPortThatIsNotKnownYetIsNobodysProvider() throws {
        var configuration = GatewayConfiguration()
        configuration.server.port = 0
        configuration.providers["other"] = .init(kind: .openai, baseURL: BaseURL("http://127.0.0.1:4141/v1"))
        try configuration.leaveOutOwnAddress()
        #expect(configuration.notices.isEmpty)
    }
}
