import Foundation
import Testing

@testable import SageGateway

struct ConfigurationRenderingTests {
    @Test func theEffectiveFileHasEveryDefaultInAFixedOrder() throws {
        #expect(
            try load("providers: { b: { kind: simulated }, a: { kind: openai, apiKey: k } }").effectiveYAML == """
                server:
                  host: 127.0.0.1
                  port: 4141
                  adminToken: null
                  allowedHosts: []
                  allowedOrigins: []
                  maxBodyBytes: 33554432
                  maxHeaderBytes: 65536
                  idleTimeout: 120s
                  requestTimeout: 60s
                  streamKeepAlive: 10s
                  shutdownGrace: 30s
                providers:
                  a:
                    kind: openai
                    baseURL: https://api.openai.com/v1
                    apiKey: "[redacted]"
                    apiKeys: []
                    headers: {}
                    responses: auto
                    policy: default
                    limits: null
                    models: {}
                  b:
                    kind: simulated
                    baseURL: null
                    apiKey: null
                    apiKeys: []
                    headers: {}
                    responses: auto
                    policy: default
                    limits: null
                    models: {}
                models:
                  sage-sim:
                    targets:
                      - provider: b
                        model: sage-sim
                        weight: null
                        limits: null
                    strategy: ordered
                    policy: null
                    fallbacks:
                      general: []
                      contextWindow: []
                      contentPolicy: []
                policies:
                  default:
                    deadline: 120s
                    attemptTimeout: 60s
                    timeouts:
                      connect: 5s
                      responseHeaders: 60s
                      firstToken: 30s
                      betweenTokens: 30s
                      total: null
                      minThroughput: 0.1
                      throughputWindow: 60s
                    retry:
                      maxAttempts: 4
                      strategy: exponential
                      initialDelay: 100ms
                      multiplier: 2
                      maxDelay: 30s
                      jitter: full
                      maxServerHint: 60s
                    breaker:
                      window: 10 calls
                      minimumCalls: 5
                      failureRate: 0.5
                      consecutiveFailures: 5
                      slowCall: 30s
                      slowRate: 0.8
                      recoveryTimeout: 30s
                      halfOpenMaxCalls: 3
                    budget:
                      ratio: 0.2
                      floor: 3
                    hedge:
                      enabled: false
                      delay: p95
                      maxHedges: 1
                    maxWait: 5s
                    maxClientWait: 600s
                keys: []
                storage:
                  state: sqlite:sage.db
                  sessions: sqlite:sage.db
                  memory: sqlite:sage.db
                  retention:
                    sessions: 7776000s
                    maxSessions: off
                    maxBytes: 10737418240
                  shared:
                    quorum: 1
                    interval: 1s
                    sharedLimits: false
                    timeout: 50ms
                memory:
                  embeddings: null
                  recall:
                    enabled: true
                    k: 5
                    mode: hybrid
                    maxCharacters: 8000
                    minSimilarity: 0.3
                  save: user
                agent:
                  model: null
                  system: null
                  maxToolRounds: 8
                  historyTokens: 32000
                  historyMessages: 200
                  turnTimeout: 600s
                  memoryTools: false
                  tools: []
                telemetry:
                  log: info
                  logFormat: text
                  otlp: null

                """)
    }

    private static let awkward = """
        server: { host: '::1', shutdownGrace: 1500ms }
        providers:
          'null':
            kind: openai
            baseURL: 'http://h:1/v1'
            headers: { x-a: "$${A} # \\"é\\\\ \\t: [", x-b: '', x-c: '~' }
          '1.5': { kind: simulated }
          "ü: 日": { kind: openai, policy: 'on' }
        models:
          '*': { targets: [{ provider: 'null', model: '*a' }, { provider: '1.5', model: '- x', weight: 1 }] }
          "a:": { targets: [{ provider: 'ü: 日', model: 'x #y' }], policy: 'on', fallbacks: { contextWindow: ['*'] } }
        policies:
          'on':
            breaker: { window: 1 call, consecutiveFailures: off }
            retry: { multiplier: 1.25, initialDelay: 0.1us }
        """

    @Test func theEffectiveFileLoadsToTheSameConfiguration() throws {
        let configuration = try load(Self.awkward)
        #expect(configuration.providers["null"]?.headers["x-a"]?.reveal() == "${A} # \"é\\ \t: [")
        let again = try load(configuration.effectiveYAML)
        #expect(again == configuration)
        #expect(again.effectiveYAML == configuration.effectiveYAML)
    }

    @Test func theJSONFormHoldsTheSameValues() throws {
        let configuration = try load(Self.awkward)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(configuration.effectiveJSON.utf8)) as? [String: Any])
        let server = try #require(object["server"] as? [String: Any])
        #expect(server["host"] as? String == "::1")
        #expect(server["port"] as? Int == 4141)
        #expect(server["shutdownGrace"] as? String == "1500ms")
        #expect(server["adminToken"] is NSNull)
        let providers = try #require(object["providers"] as? [String: [String: Any]])
        #expect(Set(providers.keys) == ["null", "1.5", "ü: 日"])
        #expect((providers["null"]?["headers"] as? [String: String])?["x-a"] == "${A} # \"é\\ \t: [")
    }

    @Test func theExampleLoadsWithoutAnyVariableAndShowsTheDefaults() throws {
        let configuration = try load(GatewayConfiguration.exampleFile)
        #expect(configuration.server == GatewayConfiguration.Server())
        #expect(configuration.policies == ["default": GatewayConfiguration.Policy()])
        #expect(configuration.telemetry == GatewayConfiguration.Telemetry())
        #expect(configuration.storage == GatewayConfiguration.Storage())
        #expect(configuration.memory == GatewayConfiguration.Memory())
        #expect(configuration.agent == GatewayConfiguration.Agent())
        #expect(configuration.providers["openai"] == GatewayConfiguration.Provider(kind: .openai))
        #expect(configuration.models.keys.sorted() == ["sage-sim", "smart"])
    }

    @Test func theExampleFitsTheScreen() {
        for line in GatewayConfiguration.exampleFile.split(separator: "\n") { #expect(line.count <= 120) }
    }
}
