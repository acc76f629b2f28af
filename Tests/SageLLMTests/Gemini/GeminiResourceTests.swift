import HTTPTypes
import NIOCore
import Testing

@testable import SageLLM

struct GeminiResourceTests {
    @Test(arguments: [
        ("gemini-2.5-pro", "models/gemini-2.5-pro"), ("models/gemini-2.5-pro", "models/gemini-2.5-pro"),
        ("tunedModels/mine-1", "tunedModels/mine-1"), ("google/gemini", "models/google%2Fgemini"),
        ("..", "models/__"), (".", "models/_"), ("models/..", "models/__"), ("", "models/_"), ("models/", "models/_"),
        ("../../v1/admin", "models/__%2F__%2Fv1%2Fadmin"), ("models/../../x", "models/__%2F__%2Fx"),
        ("a/../b", "models/a%2F__%2Fb"), ("a//b", "models/a%2F_%2Fb"), ("%2e%2e", "models/%252e%252e"),
        ("..%2f", "models/..%252f"), ("x?alt=y#z", "models/x%3Falt%3Dy%23z"), ("x:y", "models/x%3Ay"),
        ("a b\r\nHost: c", "models/a%20b%0D%0AHost%3A%20c"), ("ä", "models/%C3%A4"), (#"..\.."#, #"models/..%5C.."#),
        ("files/x", "models/files%2Fx"),
    ])
    func nothingButOneSegmentComesOfAName(_ model: String, _ path: String) {
        #expect(GeminiResource.path(model) == path)
        let url = ProviderEndpoint.gemini(baseURL: "http://h/v1beta/", apiKey: "k").request(
            .generateContent, model: model, body: ByteBuffer(), isStream: false
        ).url
        #expect(url == "http://h/v1beta/\(path):generateContent")
        #expect(!path.split(separator: "/").contains { $0.allSatisfy { $0 == "." } })
    }

    @Test func everyFormatHasItsPathAndKey() {
        let endpoint = ProviderEndpoint.gemini(apiKey: "key-for-tests")
        func request(_ format: WireFormat, isStream: Bool = false) -> UpstreamRequest {
            endpoint.request(format, model: "m", body: ByteBuffer(), isStream: isStream)
        }
        let base = "https://generativelanguage.googleapis.com/v1beta/models/m:"
        #expect(request(.generateContent).url == base + "generateContent")
        #expect(request(.generateContent, isStream: true).url == base + "streamGenerateContent?alt=sse")
        #expect(request(.embedContent).url == base + "embedContent")
        #expect(request(.batchEmbedContents).url == base + "batchEmbedContents")
        #expect(request(.embedContent).headers[.geminiKey] == "key-for-tests")
        #expect(request(.embedContent).headers[.authorization] == nil)
    }

    @Test(arguments: [
        ("gemini-3-pro-preview", true), ("models/gemini-3.1-flash", true), ("gemini-12", true),
        ("gemini-2.5-pro", false),
        ("gemini-flash-latest", false), ("gemma-3", false), ("", false),
    ])
    func theGenerationStandsInTheName(_ model: String, _ hasLevels: Bool) {
        #expect(GeminiModel.hasThinkingLevels(model) == hasLevels)
    }
}
