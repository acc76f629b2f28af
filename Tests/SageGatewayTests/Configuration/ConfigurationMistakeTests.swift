import Testing

@testable import SageGateway

struct ConfigurationMistakeTests {
    struct Mistake: CustomTestStringConvertible {
        let yaml: String
        let line: String
        var testDescription: String { yaml }

        init(_ yaml: String, _ line: String) {
            self.yaml = yaml
            self.line = line
        }
    }

    private static let delays = "for example 1.5s, 500ms or 2m"
    private static let hedgeDelays =
        "a percentile above p0 and below p100, for example p95, or a time of 0 to 1h, for example 500ms"

    @Test(arguments: [
        Mistake("server: { port: -1 }", "1:17: server.port: is -1; allowed is 0 to 65535"),
        Mistake("server: { port: 1e3 }", "1:17: server.port: is 1e3; allowed is 0 to 65535"),
        Mistake(
            "server: { port: 99999999999999999999 }",
            "1:17: server.port: is 99999999999999999999; allowed is 0 to 65535"),
        Mistake("server: { port: [1] }", "1:17: server.port: is a list; allowed is 0 to 65535"),
        Mistake(
            "server: [1]",
            "1:9: server: is a list; allowed is a mapping with the keys host, port, adminToken, allowedHosts, "
                + "allowedOrigins, maxBodyBytes, maxHeaderBytes, idleTimeout, requestTimeout, streamKeepAlive, shutdownGrace"
        ),
        Mistake(
            "server: { host: 'a b' }",
            "1:17: server.host: is \"a b\"; allowed is a host name or an IP address, for example 127.0.0.1, "
                + "0.0.0.0, ::1 or localhost"
        ),
        Mistake(
            "server: { maxBodyBytes: 10XB }",
            "1:25: server.maxBodyBytes: is 10XB; allowed is 1024 to 1073741824 bytes, for example 32MiB or 33554432"),
        Mistake("server: { idleTimeout: 5 }", "1:24: server.idleTimeout: is 5; allowed is 1s to 1h, \(delays)"),
        Mistake("server: { idleTimeout: -5s }", "1:24: server.idleTimeout: is -5s; allowed is 1s to 1h, \(delays)"),
        Mistake(
            "server: { adminToken: 'a b' }",
            "1:23: server.adminToken: has a value that is not shown here; allowed is text without spaces or "
                + "control characters, for example ${NAME:-}"
        ),
        Mistake(
            "telemetry: { log: loud }",
            "1:19: telemetry.log: is loud; allowed is trace, debug, info, notice, warning, error, critical"),
        Mistake(
            "telemetry: { otlp: { url: x } }",
            "1:22: telemetry.otlp.url: is not a key of this section; allowed keys are endpoint, headers, sampleRatio"),
        Mistake(
            "telemetry: { otlp: {} }",
            "1:20: telemetry.otlp.endpoint: is missing; allowed is an http or https address such as "
                + "https://api.openai.com/v1, or the variable OTEL_EXPORTER_OTLP_ENDPOINT"),
        Mistake(
            "telemetry: { otlp: { endpoint: 'http://c', sampleRatio: 2 } }",
            "1:57: telemetry.otlp.sampleRatio: is 2; allowed is 0 to 1, for example 0.5"),
        Mistake("keys: {}", "1:7: keys: is a mapping; allowed is a list, for example [first, second]"),
        Mistake(
            "polices: {}",
            "1:1: polices: is not a key of this section; did you mean policies? allowed keys are server, "
                + "providers, models, policies, keys, storage, memory, agent, telemetry"
        ),
        Mistake(
            "zzz: {}",
            "1:1: zzz: is not a key of this section; allowed keys are server, providers, models, policies, "
                + "keys, storage, memory, agent, telemetry"),
    ])
    func aWrongSettingIsNamedWithItsPlace(_ mistake: Mistake) {
        #expect(complaints(mistake.yaml + "\n" + minimalFile) == ["sage.yaml:" + mistake.line])
    }

    @Test(arguments: [
        Mistake("retry: { maxAttempts: 101 }", "23: retry.maxAttempts: is 101; allowed is 1 to 100"),
        Mistake("retry: { multiplier: nan }", "22: retry.multiplier: is nan; allowed is 1 to 1000, for example 2"),
        Mistake(
            "retry: { multiplier: 1e400 }",
            "22: retry.multiplier: is 1e400; allowed is 1 to 1000, for "
                + "example 2"),
        Mistake("retry: { multiplier: 0x10 }", "22: retry.multiplier: is 0x10; allowed is 1 to 1000, for example 2"),
        Mistake(
            "retry: { jitter: fulll }",
            "18: retry.jitter: is fulll; allowed is none, full, equal, proportional; did you mean full?"),
        Mistake(
            "retry: { strategy: custom }",
            "20: retry.strategy: is custom; allowed is fixed, linear, exponential, fibonacci, decorrelated"),
        Mistake("retry: { maxDelay: 25h }", "20: retry.maxDelay: is 25h; allowed is 0 to 24h, \(delays)"),
        Mistake(
            "retry: { initialDelay: 1m }",
            "24: retry.initialDelay: is not possible: initialDelay 60s exceeds maxDelay 30s"),
        Mistake(
            "retry: { maxDelay: 10ms }",
            "20: retry.maxDelay: is not possible: initialDelay 100ms exceeds "
                + "maxDelay 10ms"
        ),
        Mistake(
            "retry: { max_attempts: 3 }",
            "10: retry.max_attempts: is not a key of this section; did you mean maxAttempts? allowed keys are "
                + "maxAttempts, strategy, initialDelay, multiplier, maxDelay, jitter, maxServerHint"
        ),
        Mistake(
            "breaker: { window: 10 }",
            "20: breaker.window: is 10; allowed is 1 to 1000000 calls, for example `10 calls`, or a time of 1s "
                + "to 1h, for example 30s"
        ),
        Mistake(
            "breaker: { window: 0 calls }",
            "20: breaker.window: is \"0 calls\"; allowed is 1 to 1000000 calls, for example `10 calls`, or a "
                + "time of 1s to 1h, for example 30s"
        ),
        Mistake(
            "breaker: { window: 2h }",
            "20: breaker.window: is 2h; allowed is 1 to 1000000 calls, for example `10 calls`, or a time of 1s "
                + "to 1h, for example 30s"
        ),
        Mistake("breaker: { minimumCalls: 0 }", "26: breaker.minimumCalls: is 0; allowed is 1 to 1000000"),
        Mistake(
            "breaker: { failureRate: 0 }",
            "25: breaker.failureRate: is 0; allowed is more than 0 to 1, for "
                + "example 0.5"
        ),
        Mistake(
            "breaker: { consecutiveFailures: 0 }",
            "33: breaker.consecutiveFailures: is 0; allowed is 1 to 1000000, or off"),
        Mistake(
            "breaker: { recoveryTimeout: 0 }", "29: breaker.recoveryTimeout: is 0; allowed is 1ms to 24h, \(delays)"),
        Mistake("breaker: { halfOpenMaxCalls: 1001 }", "30: breaker.halfOpenMaxCalls: is 1001; allowed is 1 to 1000"),
        Mistake("budget: { ratio: 1.1 }", "18: budget.ratio: is 1.1; allowed is 0 to 1, for example 0.5"),
        Mistake("budget: { floor: 1001 }", "18: budget.floor: is 1001; allowed is 0 to 1000"),
        Mistake("deadline: 0", "11: deadline: is 0; allowed is 1ms to 1h, \(delays)"),
        Mistake(
            "deadline: 999999999999999999999d",
            "11: deadline: is 999999999999999999999d; allowed is 1ms to 1h, \(delays)"),
        Mistake("hedge: { enabled: yes }", "19: hedge.enabled: is yes; allowed is true or false"),
        Mistake("hedge: { maxHedges: 0 }", "21: hedge.maxHedges: is 0; allowed is 1 to 10"),
        Mistake("hedge: { delay: p100 }", "17: hedge.delay: is p100; allowed is \(hedgeDelays)"),
        Mistake("hedge: { delay: p0 }", "17: hedge.delay: is p0; allowed is \(hedgeDelays)"),
        Mistake("hedge: { delay: 95 }", "17: hedge.delay: is 95; allowed is \(hedgeDelays)"),
        Mistake("hedge: { delay: 2h }", "17: hedge.delay: is 2h; allowed is \(hedgeDelays)"),
        Mistake(
            "hedge: { max: 1 }",
            "10: hedge.max: is not a key of this section; allowed keys are enabled, delay, maxHedges"),
    ])
    func aWrongPolicyIsNamedWithItsPlace(_ mistake: Mistake) throws {
        let parts = mistake.line.split(separator: ": ", maxSplits: 1)
        let column = try #require(Int(parts[0])) + 4
        #expect(
            complaints("policies:\n  p:\n    \(mistake.yaml)\n" + minimalFile)
                == ["sage.yaml:3:\(column): policies.p.\(parts[1])"])
    }

    @Test(arguments: [
        Mistake("{}", "1:17: providers.p.kind: is missing; allowed is openai, anthropic, gemini, simulated"),
        Mistake(
            "{ kind: openai, responses: always }",
            "1:44: providers.p.responses: is always; allowed is auto, native, translated"),
        Mistake(
            "{ kind: openai, limits: {} }",
            "1:41: providers.p.limits: limits nothing; at least one of preset, requestsPerMinute, tokensPerMinute "
                + "and maxConcurrent is needed"),
        Mistake(
            "{ kind: openai, limits: { maxQueued: 5 } }",
            "1:41: providers.p.limits: limits nothing; at least one of preset, requestsPerMinute, tokensPerMinute "
                + "and maxConcurrent is needed"),
        Mistake(
            "{ kind: openai, limits: { requestsPerMinute: 0 } }",
            "1:62: providers.p.limits.requestsPerMinute: is 0; allowed is 1 to 10000000"),
        Mistake(
            "{ kind: openai, limits: { tokensPerMinute: 1e6 } }",
            "1:60: providers.p.limits.tokensPerMinute: is 1e6; allowed is 1 to 1000000000000"),
        Mistake(
            "{ kind: openai, limits: { rpm: 5 } }",
            "1:43: providers.p.limits.rpm: is not a key of this section; allowed keys are preset, requestsPerMinute, "
                + "tokensPerMinute, maxConcurrent, maxQueued"),
        Mistake(
            "{ kind: openai, limits: { preset: opnai } }",
            "1:51: providers.p.limits.preset: is opnai; allowed is anthropic, openai, google; did you mean openai?"),
        Mistake(
            "{ kind: openai, models: { m: { limits: { maxConcurrent: -1 } } } }",
            "1:73: providers.p.models.m.limits.maxConcurrent: is -1; allowed is 1 to 1000000"),
        Mistake(
            "{ kind: openai, policy: none }",
            "1:41: providers.p.policy: is none, but there is no such policy; allowed is default"),
        Mistake(
            "{ kind: openai, baseURL: api.openai.com }",
            "1:42: providers.p.baseURL: is api.openai.com; allowed is an http or https address such as "
                + "https://api.openai.com/v1, without user, password, query or fragment"
        ),
        Mistake(
            "{ kind: openai, baseURL: 'https://u:hunter2@h/v1' }",
            "1:42: providers.p.baseURL: has a value that is not shown here; allowed is an http or https address "
                + "such as https://api.openai.com/v1, without user, password, query or fragment"
        ),
        Mistake(
            "{ kind: openai, baseURL: 'https://api.openai.com/' }",
            "1:42: providers.p.baseURL: is https://api.openai.com; for kind openai it ends in the version of the "
                + "API, for example https://api.openai.com/v1"
        ),
        Mistake(
            "{ kind: openai, baseURL: 'https://h/v1/chat/completions' }",
            "1:42: providers.p.baseURL: is https://h/v1/chat/completions; for kind openai it ends in the version "
                + "of the API, for example https://api.openai.com/v1"
        ),
        Mistake(
            "{ kind: openai, headers: { Host: x } }",
            "1:44: providers.p.headers.Host: cannot be set here: it belongs to the connection or is computed by "
                + "Sage"),
        Mistake(
            "{ kind: openai, headers: { 'a b': x } }",
            "1:44: providers.p.headers[\"a b\"]: is not a header's name; allowed are letters, digits and - _ . ! "
                + "# $ % & ' * + ^ ` | ~"
        ),
        Mistake(
            "{ kind: openai, headers: { X-A: 1, x-a: 2 } }",
            "1:52: providers.p.headers.x-a: stands twice; case does not matter in this name"),
        Mistake(
            "{ kind: openai, headers: { X-A: \"a\\nb\" } }",
            "1:49: providers.p.headers.X-A: has a value that is not shown here; allowed is text without control "
                + "characters, at most 8192 bytes"
        ),
        Mistake(
            "{ kind: openai, apiKey: k, headers: { Authorization: Basic x } }",
            "1:55: providers.p.headers.authorization: cannot be set beside apiKey, which is sent in the same "
                + "header; remove one of them"
        ),
        Mistake(
            "{ kind: openai, apiKeys: [k, l], headers: { Authorization: Basic x } }",
            "1:61: providers.p.headers.authorization: cannot be set beside apiKeys, which is sent in the same "
                + "header; remove one of them"
        ),
        Mistake(
            "{ kind: openai, apiKey: k, apiKeys: [l] }",
            "1:53: providers.p.apiKeys: cannot be set beside apiKey; put all keys into apiKeys"),
        Mistake(
            "{ kind: openai, apiKeys: [k, l, k] }",
            "1:49: providers.p.apiKeys[2]: is the same as an earlier element; remove it"),
        Mistake(
            "{ kind: openai, apiKeys: [k, 'a b'] }",
            "1:46: providers.p.apiKeys[1]: has a value that is not shown here; allowed is text without spaces or "
                + "control characters, for example ${NAME:-}"
        ),
        Mistake(
            "{ kind: openai, apiKeys: sk-visible }",
            "1:42: providers.p.apiKeys: is a single value; allowed is a list, for example [first, second]"),
        Mistake(
            "{ kind: openai, apiKeys: [\((0...64).map { "k\($0)" }.joined(separator: ", "))] }",
            "1:42: providers.p.apiKeys: has 65 elements; allowed are 64 at most"),
        Mistake(
            "{ kind: simulated, apiKeys: [k] }",
            "1:45: providers.p.apiKeys: has no meaning for kind simulated; remove it"),
        Mistake(
            "{ kind: simulated, baseURL: 'http://h/v1' }",
            "1:45: providers.p.baseURL: has no meaning for kind simulated; remove it"),
        Mistake(
            "{ kind: openai, api_key: sk-visible }",
            "1:33: providers.p.api_key: is not a key of this section; did you mean apiKey? allowed keys are "
                + "kind, baseURL, apiKey, apiKeys, headers, responses, policy, limits, models"
        ),
    ])
    func aWrongProviderIsNamedWithItsPlace(_ mistake: Mistake) {
        #expect(complaints("providers: { p: \(mistake.yaml) }") == ["sage.yaml:" + mistake.line])
    }

    @Test(arguments: [
        Mistake("m: {}", "2:6: models.m.targets: is missing; allowed is a list, for example [first, second]"),
        Mistake("m: { targets: [] }", "2:17: models.m.targets: is empty; at least one target is needed"),
        Mistake(
            "m: { targets: openai/x }",
            "2:17: models.m.targets: is a single value; allowed is a list, for example [first, second]"),
        Mistake(
            "m: { targets: [{ provider: opena, model: x }] }",
            "2:30: models.m.targets[0].provider: is opena, but there is no such provider; allowed is openai; did "
                + "you mean openai?"
        ),
        Mistake(
            "m: { targets: [{ provider: openai }] }",
            "2:18: models.m.targets[0].model: is missing; allowed is 1 to 256 characters without control "
                + "characters or surrounding spaces"
        ),
        Mistake(
            "m: { targets: [{ provider: openai, model: x, weight: 0 }] }",
            "2:56: models.m.targets[0].weight: is 0; allowed is 1 to 1000000"),
        Mistake(
            "m: { targets: [{ provider: openai, model: x }, { provider: openai, model: x }] }",
            "2:50: models.m.targets[1]: is openai/x, which is listed already"),
        Mistake(
            "m: { targets: [{ provider: openai, model: x }], strategy: latenzy }",
            "2:61: models.m.strategy: is latenzy; allowed is ordered, weighted, leastBusy, latency; did you mean "
                + "latency?"
        ),
        Mistake(
            "m: { targets: [{ provider: openai, model: x }], policy: fast }",
            "2:59: models.m.policy: is fast, but there is no such policy; allowed is default"),
        Mistake(
            "m: { targets: [{ provider: openai, model: x }], fallbacks: { contextWindow: [n] } }",
            "2:80: models.m.fallbacks.contextWindow[0]: is n, but there is no such model; allowed is m"),
        Mistake(
            "m: { targets: [{ provider: openai, model: x }], fallbacks: { general: [n] } }",
            "2:74: models.m.fallbacks.general[0]: is n, but there is no such model; allowed is m"),
        Mistake(
            "m: { targets: [{ provider: openai, model: x }], fallbacks: { general: [m] } }",
            "2:62: models.m.fallbacks: leads back to itself: m -> m"),
        Mistake(
            "m: { targets: [{ provider: openai, model: x }], fallbacks: { contentPolicy: [m] } }",
            "2:62: models.m.fallbacks: leads back to itself: m -> m"),
        Mistake(
            "openai/m: { targets: [{ provider: openai, model: x }] }",
            "2:3: models[\"openai/m\"]: begins with the name of a provider; `provider/model` already means that "
                + "provider's own model"
        ),
    ])
    func aWrongModelIsNamedWithItsPlace(_ mistake: Mistake) {
        #expect(complaints("models:\n  \(mistake.yaml)\n" + minimalFile) == ["sage.yaml:" + mistake.line])
    }

    @Test(arguments: ["''", "a/b", "\"a\\u0007\"", "' a'", String(repeating: "x", count: 129)])
    func aProviderNeedsAProperName(_ name: String) throws {
        let line = try #require(complaints("providers:\n  ? \(name)\n  : { kind: openai }").first)
        #expect(line.hasPrefix("sage.yaml:2:5: providers[\"") || line.hasPrefix("sage.yaml:2:5: providers.x"))
        #expect(line.contains("is not a valid name"))
    }

    @Test func fallbacksThatLeadBackAcrossKindsAreACircle() {
        let target = "targets: [{ provider: openai, model: x }]"
        #expect(
            complaints(
                minimalFile + """
                    models:
                      a: { \(target), fallbacks: { contextWindow: [b] } }
                      b: { \(target), fallbacks: { contentPolicy: [c] } }
                      c: { \(target), fallbacks: { contextWindow: [d, a] } }
                      d: { \(target) }
                    """
            ) == ["sage.yaml:6:62: models.c.fallbacks: leads back to itself: a -> b -> c -> a"])
    }

    @Test func fallbacksMayMeetAgain() throws {
        let target = "targets: [{ provider: openai, model: x }]"
        let configuration = try load(
            minimalFile + """
                models:
                  a: { \(target), fallbacks: { contextWindow: [b, c] } }
                  b: { \(target), fallbacks: { contextWindow: [d] } }
                  c: { \(target), fallbacks: { contentPolicy: [d] } }
                  d: { \(target) }
                """)
        #expect(configuration.models.count == 4)
    }
}
