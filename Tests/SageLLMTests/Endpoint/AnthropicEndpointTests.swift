import HTTPTypes
import Testing

@testable import SageLLM

struct AnthropicEndpointTests {
    func request(
        _ endpoint: ProviderEndpoint, _ format: WireFormat = .messages, forwarded: HTTPFields = [:]
    ) -> UpstreamRequest {
        endpoint.request(format, model: "m", body: buffer("{}"), isStream: false, forwarded: forwarded)
    }

    @Test(arguments: ["https://h", "https://h/", "https://h/v1", "https://h/v1/"])
    func originIsFollowedByThePath(_ baseURL: String) {
        let endpoint = ProviderEndpoint.anthropic(baseURL: baseURL, apiKey: "k")
        #expect(request(endpoint).url == "https://h/v1/messages")
        #expect(request(endpoint, .countTokens).url == "https://h/v1/messages/count_tokens")
    }

    @Test func requestIsSignedWithTheKeyAndNamesAVersion() {
        let headers = request(.anthropic(apiKey: "k")).headers
        #expect(headers[.anthropicKey] == "k")
        #expect(headers[.authorization] == nil)
        #expect(headers[.anthropicVersion] == "2023-06-01")
        #expect(headers[.anthropicBeta] == nil)
        #expect(headers[.contentType] == "application/json")
    }

    @Test func versionOfTheClientHolds() {
        let endpoint = ProviderEndpoint.anthropic(apiKey: "k", headers: [.anthropicVersion: "2024-01-01"])
        #expect(request(endpoint).headers[.anthropicVersion] == "2024-01-01")
        let forwarded: HTTPFields = [.anthropicVersion: "2026-10-21"]
        #expect(request(endpoint, forwarded: forwarded).headers[values: .anthropicVersion] == ["2026-10-21"])
        #expect(request(.anthropic(), forwarded: forwarded).headers[.anthropicVersion] == "2026-10-21")
    }

    @Test func betaFeaturesOfBothAreAskedFor() {
        var forwarded = HTTPFields()
        forwarded.append(HTTPField(name: .anthropicBeta, value: "a-1,  b-2"))
        forwarded.append(HTTPField(name: .anthropicBeta, value: "c-3"))
        #expect(request(.anthropic(), forwarded: forwarded).headers[values: .anthropicBeta] == ["a-1,  b-2", "c-3"])
        let endpoint = ProviderEndpoint.anthropic(headers: [.anthropicBeta: "own"])
        #expect(
            request(endpoint, forwarded: forwarded).headers[values: .anthropicBeta] == ["a-1,  b-2", "c-3", "own"])
    }
}
