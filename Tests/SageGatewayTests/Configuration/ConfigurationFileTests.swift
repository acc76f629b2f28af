import Testing

@testable import SageGateway

struct ConfigurationFileTests {
    @Test func whatIsLeftOutHasTheDefaultsOfTheContract() throws {
        let configuration = try load(minimalFile)
        #expect(configuration.server.host == "127.0.0.1")
        #expect(configuration.server.port == 4141)
        #expect(configuration.server.adminToken == nil)
        #expect(configuration.server.maxBodyBytes == 33_554_432)
        #expect(configuration.server.shutdownGrace == .seconds(30))
        #expect(configuration.providers["openai"]?.baseURL?.description == "https://api.openai.com/v1")
        #expect(configuration.providers["openai"]?.policy == "default")
        #expect(configuration.models.isEmpty)
        let policy = try #require(configuration.policies["default"])
        #expect(policy.deadline == .seconds(120))
        #expect(policy.attemptTimeout == .seconds(60))
        #expect(policy.timeouts.connect == .seconds(5))
        #expect(policy.timeouts.firstToken == .seconds(30))
        #expect(policy.retry.maxAttempts == 4)
        #expect(policy.retry.initialDelay == .milliseconds(100))
        #expect(policy.retry.jitter == .full)
        #expect(policy.breaker.window == .calls(10))
        #expect(policy.breaker.consecutiveFailures == 5)
        #expect(policy.budget.ratio == 0.2)
        #expect(policy.budget.floor == 3)
        #expect(configuration.telemetry.log == .info)
    }

    @Test func everyValueThatIsWrittenArrives() throws {
        let configuration = try load(
            """
            server:
              { host: "::1", port: 0, adminToken: t0ken, maxBodyBytes: 1MiB, maxHeaderBytes: 8KB, idleTimeout: 1m30s,
                requestTimeout: 10s, shutdownGrace: 0 }
            providers:
              local: { kind: openai, baseURL: "http://[::1]:8080/v1/", headers: { X-Team: a b }, policy: slow }
              sim: { kind: simulated }
            models:
              gpt-4.1:
                targets:
                  - { provider: local, model: meta/llama, weight: 2 }
                  - { provider: sim, model: sage-sim }
                policy: slow
                fallbacks: { contextWindow: [long], contentPolicy: ["long"] }
              long: { targets: [{ provider: sim, model: x }] }
            policies:
              slow:
                deadline: 10m
                retry: { maxAttempts: 1, strategy: decorrelated, multiplier: 1.5, jitter: none, maxServerHint: 0s }
                breaker: { window: 30s, consecutiveFailures: off, failureRate: 1 }
                budget: { ratio: 0, floor: 0 }
            telemetry: { log: debug, logFormat: json, otlp: null }
            """)
        #expect(configuration.server.host == "::1")
        #expect(configuration.server.port == 0)
        #expect(configuration.server.adminToken == Secret("t0ken"))
        #expect(configuration.server.maxBodyBytes == 1_048_576)
        #expect(configuration.server.maxHeaderBytes == 8000)
        #expect(configuration.server.idleTimeout == .seconds(90))
        #expect(configuration.server.shutdownGrace == .zero)
        let local = try #require(configuration.providers["local"])
        #expect(local.baseURL?.description == "http://[::1]:8080/v1")
        #expect(local.headers == ["x-team": Secret("a b")])
        let model = try #require(configuration.models["gpt-4.1"])
        #expect(model.targets.map(\.model) == ["meta/llama", "sage-sim"])
        #expect(model.targets.first?.weight == 2)
        #expect(model.fallbacks.contextWindow == ["long"])
        let policy = try #require(configuration.policies["slow"])
        #expect(policy.deadline == .seconds(600))
        #expect(policy.retry.strategy == .decorrelated)
        #expect(policy.retry.multiplier == 1.5)
        #expect(policy.breaker.window == .time(.seconds(30)))
        #expect(policy.breaker.consecutiveFailures == nil)
        #expect(configuration.telemetry.logFormat == .json)
        #expect(configuration.policies["default"] != nil)
        #expect(
            configuration.notices == [
                "models[\"gpt-4.1\"].targets[0].weight has no effect with strategy "
                    + "ordered"
            ])
    }

    @Test func theSimulatedModelExistsOnlyWhereASimulatedProviderIsDeclared() throws {
        #expect(try load(minimalFile).models["sage-sim"] == nil)
        let configuration = try load("providers: { fake: { kind: simulated } }")
        #expect(configuration.models["sage-sim"]?.targets == [.init(provider: "fake", model: "sage-sim")])
    }

    @Test func aProviderWithoutKeyIsAllowedAndToldUnlessItIsOnThisMachine() throws {
        #expect(
            try load("providers: { a: { kind: openai, apiKey: '${NO_KEY:-}' } }").notices
                == ["providers.a has no apiKey; its requests are sent without one"])
        #expect(try load("providers: { a: { kind: openai, baseURL: 'http://localhost:1/v1' } }").notices.isEmpty)
    }

    @Test func aliasesStandForTheirAnchors() throws {
        let configuration = try load(
            minimalFile + """
                policies:
                  default: &base { deadline: 7s }
                  other: *base
                models: { "a*b": { targets: [{ provider: openai, model: "*" }] } }
                """)
        #expect(configuration.policies["other"]?.deadline == .seconds(7))
        #expect(configuration.models["a*b"]?.targets.first?.model == "*")
    }

    @Test func everyProblemIsReportedInTheOrderOfTheFile() {
        #expect(
            complaints(
                """
                server: { port: 70000, prot: 1 }
                providers:
                  openai: { kind: opnai }
                policies:
                  default:
                    retry: { maxAttempts: 0 }
                """) == [
                    "sage.yaml:1:17: server.port: is 70000; allowed is 0 to 65535",
                    "sage.yaml:1:24: server.prot: is not a key of this section; did you mean port? allowed keys are "
                        + "host, port, adminToken, allowedHosts, allowedOrigins, maxBodyBytes, maxHeaderBytes, "
                        + "idleTimeout, requestTimeout, streamKeepAlive, shutdownGrace",
                    "sage.yaml:3:19: providers.openai.kind: is opnai; allowed is openai, anthropic, gemini, simulated; "
                        + "did you mean openai?",
                    "sage.yaml:6:27: policies.default.retry.maxAttempts: is 0; allowed is 1 to 100",
                ])
    }

    @Test func aLongListOfProblemsIsCut() {
        let wrong = (0..<150).map { "  k\($0)x: 1\n" }.joined()
        let lines = complaints(minimalFile + "server:\n" + wrong)
        #expect(lines.count == ConfigurationFileError.maximumProblems + 1)
        #expect(lines.last == "sage.yaml: and at least 50 more problems")
    }

    @Test func aFileIsReadFromThePathWithItsName() throws {
        #expect(throws: ConfigurationFileError.self) {
            try GatewayConfiguration.load(file: "/nonexistent/sage.yaml", environment: [:])
        }
        #expect(
            fileComplaint("/nonexistent/sage.yaml") == "/nonexistent/sage.yaml: cannot be read: there is no such "
                + "file")
        #expect(fileComplaint("/") == "/: cannot be read: it is a directory")
        #expect(fileComplaint("") == ": cannot be read: the path is not valid")
        #expect(fileComplaint("a\0b") == "a\0b: cannot be read: the path is not valid")
        // An endless file shows that the limit holds while reading, not only afterwards.
        #expect(
            fileComplaint("/dev/zero")
                == "/dev/zero: is larger than 1048576 bytes, the limit for a configuration file")
    }

    private func fileComplaint(_ path: String) -> String? {
        do throws(ConfigurationFileError) {
            _ = try GatewayConfiguration.load(file: path, environment: [:])
            return nil
        } catch {
            return error.description
        }
    }
}
