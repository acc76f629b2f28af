import HTTPTypes
import SageResilience
import Testing

@testable import SageGateway

struct RoutingConfigurationTests {
    private static let several = """
        providers:
          a: { kind: openai, apiKeys: ["${FIRST}", "${SECOND:-}", third] }
        models:
          m:
            targets: [{ provider: a, model: x, weight: 3 }, { provider: a, model: y }]
            strategy: leastBusy
            fallbacks: { general: [n] }
          n: { targets: [{ provider: a, model: z }], strategy: latency }
        policies:
          default: { hedge: { enabled: true, delay: p99.5, maxHedges: 2 } }
          quick: { hedge: { delay: 500ms } }
          at-once: { hedge: { delay: 0 } }
        """

    @Test func routingIsReadFromTheFile() throws {
        let configuration = try load(Self.several, environment: ["FIRST": "one"])
        #expect(configuration.providers["a"]?.keys == [Secret("one"), Secret("third")], "an unset one is left out")
        #expect(configuration.models["m"]?.strategy == .leastBusy)
        #expect(configuration.models["m"]?.targets.map(\.weight) == [3, nil])
        #expect(configuration.models["m"]?.fallbacks.general == ["n"])
        #expect(configuration.models["n"]?.strategy == .latency)
        #expect(configuration.policies["default"]?.hedge.isEnabled == true)
        #expect(configuration.policies["default"]?.hedge.delay == .percentile(99.5))
        #expect(configuration.policies["default"]?.hedge.maxHedges == 2)
        #expect(configuration.policies["quick"]?.hedge.delay == .fixed(.milliseconds(500)))
        #expect(configuration.policies["at-once"]?.hedge.delay == .fixed(.zero))
        #expect(configuration.notices.isEmpty, "weights count with leastBusy")
    }

    @Test func whatIsShownLoadsAgainAndHidesTheKeys() throws {
        var configuration = try load(Self.several, environment: ["FIRST": "one"])
        #expect(!configuration.effectiveYAML.contains("third"))
        #expect(!configuration.effectiveJSON.contains("third"))
        configuration.providers["a"]?.apiKeys = []
        #expect(try load(configuration.effectiveYAML.replacing("apiKeys: []", with: "apiKeys: [k]")).models.count == 2)
        let again = try load(configuration.effectiveYAML)
        #expect(again.policies == configuration.policies)
        #expect(again.models == configuration.models)
    }

    @Test func oneKeyOrSeveralAreTheSameList() throws {
        #expect(try load("providers: { a: { kind: openai, apiKey: k } }").providers["a"]?.keys == [Secret("k")])
        #expect(try load("providers: { a: { kind: openai, apiKeys: [] } }").providers["a"]?.keys == [])
        #expect(
            try load("providers: { a: { kind: openai, apiKey: '${NO:-}', apiKeys: [k] } }").providers["a"]?.keys
                == [Secret("k")])
        #expect(
            try load("providers: { a: { kind: openai, apiKeys: ['${NO:-}', '${NO:-}'] } }").notices
                == ["providers.a has no apiKey; its requests are sent without one"])
    }

    @Test func hedgesWithoutASecondAttemptAreTold() throws {
        let configuration = try load(
            minimalFile + "policies: { p: { retry: { maxAttempts: 1 }, hedge: { enabled: true } } }")
        #expect(
            configuration.notices == [
                "policies.p.hedge has no effect: retry.maxAttempts is 1, and hedges are attempts too"
            ])
    }

    @Test(arguments: [(nil, nil), ("true", true), ("false", false)] as [(String?, Bool?)])
    func clientsWishIsRead(text: String?, wish: Bool?) throws {
        var headers = HTTPFields()
        headers[.hedge] = text
        #expect(try ClientOptions(headers).hedge == wish)
    }

    @Test(arguments: ["yes", "1", ""])
    func wishThatIsNeitherTrueNorFalseIsRefused(text: String) {
        let error = #expect(throws: GatewayError.self) { try ClientOptions([.hedge: text]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.parameter == "x-sage-hedge")
    }
}
