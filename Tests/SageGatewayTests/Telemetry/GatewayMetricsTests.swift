import HTTPTypes
import NIOCore
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

struct GatewayMetricsTests {
    typealias Text = ChatText

    @Test func anAnswerIsCountedOnceEverywhere() async throws {
        let server = try ServerFixture(ScriptedTransport(.completion()))
        #expect(try await server.chat().status == 200)
        let telemetry = server.relay.telemetry
        #expect(
            telemetry.lines("sage_requests_total") == [
                #"sage_requests_total{error_class="none",model="smart",outcome="success",route="/v1/chat/completions"} 1"#
            ])
        #expect(
            telemetry.lines("sage_upstream_requests_total") == [
                #"sage_upstream_requests_total{error_class="none",kind="first",outcome="success",target="a/m"} 1"#
            ])
        for count in [
            #"sage_request_duration_seconds_count{route="/v1/chat/completions"} 1"#,
            #"sage_upstream_duration_seconds_count{kind="first",target="a/m"} 1"#, "sage_overhead_seconds_count 1",
            #"sage_tokens_total{kind="input",target="a/m"} 3"#, "sage_requests_in_flight 0",
            #"sage_upstream_in_flight{target="a/m"} 0"#, #"sage_breaker_state{name="a/m"} 0"#,
            #"sage_build_info{version="\#(SageVersion.current)"} 1"#,
        ] {
            #expect(telemetry.lines(String(count.prefix { $0 != "{" && $0 != " " })).contains(count))
        }
        #expect(telemetry.lines("sage_time_to_first_token").isEmpty)
        #expect(telemetry.lines("sage_metrics_refused_series").isEmpty)
    }

    @Test func everyFamilyIsDescribed() async throws {
        let server = try ServerFixture(ScriptedTransport(.error(500), .completion()))
        _ = try await server.chat()
        _ = try await server.chat(ServerFixture.streamBody)
        let helps = server.relay.telemetry.lines("# HELP ")
        #expect(helps.count > 20)
        for help in helps where !help.contains("sage_metrics_") {
            let text = help.split(separator: " ", maxSplits: 3).last ?? ""
            #expect(
                !text.hasPrefix("The counter ") && !text.hasPrefix("The gauge ") && !text.hasPrefix("The histogram "))
        }
    }

    @Test func failuresAreCountedByWhatCameOfThem() async throws {
        let fixture = try RelayFixture([
            ("a", ScriptedTransport(.error(503))), ("b", ScriptedTransport(.error(429), .completion())),
        ])
        let report = fixture.countedReport()
        let answer = Task { try await fixture.answer(fixture.request(), report) }
        await fixture.clock.waitForSleepers(1)
        fixture.clock.advance(by: .seconds(60))
        _ = try await answer.value
        report.end(.success, status: 200)
        let lines = fixture.telemetry.lines("sage_")
        for line in [
            #"sage_upstream_requests_total{error_class="overloaded",kind="first",outcome="provider_error",target="a/m"} 1"#,
            #"sage_upstream_requests_total{error_class="rate_limited",kind="fallback",outcome="provider_error",target="b/m"} 1"#,
            #"sage_fallbacks_total{from="a/m",reason="overloaded",to="b/m"} 2"#,
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test func aRepeatedCallIsARetry() async throws {
        let fixture = try RelayFixture(ScriptedTransport(.error(500), .completion()))
        let report = fixture.countedReport()
        let answer = Task { try await fixture.answer(fixture.request(), report) }
        await fixture.clock.waitForSleepers(1)
        fixture.clock.advance(by: .seconds(30))
        _ = try await answer.value
        let lines = fixture.telemetry.lines("sage_")
        #expect(lines.contains(#"sage_retries_total{name="a/m",reason="transient"} 1"#))
        #expect(
            lines.contains(
                #"sage_upstream_requests_total{error_class="none",kind="retry",outcome="success",target="a/m"} 1"#))
        report.end(.success, status: 200)
        #expect(fixture.telemetry.lines("sage_retry_attempts_sum").map { $0.suffix(2) } == [" 2"])
        #expect(fixture.telemetry.lines("sage_retries_exhausted").isEmpty)
    }

    @Test func aRequestWithoutAnotherAttemptIsExhausted() async throws {
        let server = try ServerFixture(ScriptedTransport(.error(500))) {
            $0.policies["default"]?.retry.maxAttempts = 1
        }
        #expect(try await server.chat().status == 502)
        #expect(
            server.relay.telemetry.lines("sage_retries_exhausted_total")
                == [#"sage_retries_exhausted_total{name="smart"} 1"#])
        #expect(server.relay.telemetry.lines("sage_retry_attempts_sum").map { $0.suffix(2) } == [" 1"])
    }

    @Test func aRequestThatSucceedsAtOnceIsNoRetry() async throws {
        let server = try ServerFixture(ScriptedTransport(.completion()))
        #expect(try await server.chat().status == 200)
        #expect(server.relay.telemetry.lines("sage_retry").isEmpty)
    }

    @Test(arguments: [
        ([Text.token("a"), Text.finish + Text.usage, Text.done], "complete", "success"),
        ([Text.token("a")], "truncated", "provider_error"),
        ([Text.token("a"), Text.error()], "upstream_error", "provider_error"),
    ])
    func aStreamIsCountedAtItsEnd(parts: [String], reason: String, outcome: String) async throws {
        let server = try ServerFixture(ScriptedTransport(.stream(parts.map { ByteBuffer(string: $0) })))
        _ = try await server.chat(ServerFixture.streamBody)
        let telemetry = server.relay.telemetry
        #expect(
            telemetry.lines("sage_stream_terminations_total")
                == [#"sage_stream_terminations_total{reason="\#(reason)"} 1"#])
        #expect(telemetry.lines("sage_time_to_first_token_seconds_count{").map { $0.suffix(2) } == [" 1"])
        #expect(telemetry.lines("sage_requests_total").contains { $0.contains("outcome=\"\(outcome)\"") })
        let tokens = telemetry.lines(#"sage_tokens_total{kind="output",target="a/m"}"#)
        // The provider's own count, else an event with content for a token.
        #expect(tokens == [#"sage_tokens_total{kind="output",target="a/m"} \#(reason == "complete" ? 5 : 1)"#])
        #expect(telemetry.lines("sage_requests_in_flight") == ["sage_requests_in_flight 0"])
    }

    @Test func aStreamThatNobodyReadsIsTheClients() async throws {
        let fixture = try RelayFixture(ScriptedTransport(.stream(Text.token("a"), ending: .open)))
        do {
            let report = fixture.countedReport()
            _ = try await fixture.stream(fixture.request(stream: true), report)
        }
        let lines = fixture.telemetry.lines("sage_")
        #expect(lines.contains(#"sage_stream_terminations_total{reason="client_gone"} 1"#))
        #expect(
            lines.contains(
                #"sage_upstream_requests_total{error_class="none",kind="first",outcome="cancelled",target="a/m"} 1"#))
    }

    @Test(arguments: [
        ("{", "client_error", "permanent"), (#"{"model":"nobody","messages":[1]}"#, "client_error", "permanent"),
    ])
    func whatNeverReachedAProviderIsCountedToo(body: String, outcome: String, word: String) async throws {
        let server = try ServerFixture()
        _ = try await server.chat(body)
        let lines = server.relay.telemetry.lines("sage_requests_total")
        #expect(
            lines == [
                #"sage_requests_total{error_class="\#(word)",model="unknown",outcome="\#(outcome)",route="/v1/chat/completions"} 1"#
            ])
    }

    @Test func namesThatClientsChooseDoNotBecomeLabels() async throws {
        let server = try ServerFixture(ScriptedTransport(.error(404, "no such model", code: "model_not_found")))
        var generator = SeededGenerator(seed: 3)
        var sizes: [Int] = []
        for round in 0..<3 {
            for _ in 0..<(round == 0 ? 1 : 300) {
                let name = String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
                let model = Bool.random(using: &generator) || round == 0 ? "a/\(name)" : "\(name)"
                _ = try await server.chat(#"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}]}"#)
                if round == 0 {
                    _ = try await server.chat(#"{"model":"\#(name)","messages":[{"role":"user","content":"hi"}]}"#)
                }
            }
            sizes.append(server.relay.telemetry.lines("sage_").count)
        }
        #expect(Set(sizes).count == 1)
        let lines = server.relay.telemetry.lines("sage_upstream_requests_total")
        #expect(lines.allSatisfy { $0.contains(#"target="a/unknown""#) })
    }

    @Test func aBreakerThatOpensIsSeen() async throws {
        let server = try ServerFixture(ScriptedTransport(.error(500))) { configuration in
            configuration.policies["default"]?.retry.maxAttempts = 1
        }
        for _ in 0..<4 { _ = try await server.chat() }
        let lines = server.relay.telemetry.lines("sage_breaker_")
        #expect(lines.contains(#"sage_breaker_state{name="a/m"} 2"#))
        #expect(lines.contains(#"sage_breaker_transitions_total{from="closed",name="a/m",to="open"} 1"#))
        #expect(lines.contains(#"sage_breaker_not_permitted_total{name="a/m"} 1"#))
        #expect(
            server.relay.telemetry.lines("sage_requests_total").contains {
                $0.contains(#"error_class="rejected",model="smart",outcome="policy_rejected""#)
            })
    }

    @Test func limitsAreSeen() async throws {
        let server = try ServerFixture(ScriptedTransport(.completion())) { configuration in
            configuration.providers["a"]?.limits = GatewayConfiguration.Limits()
            configuration.providers["a"]?.limits?.requestsPerMinute = 5
            configuration.providers["a"]?.limits?.maxConcurrent = 2
        }
        _ = try await server.chat()
        let lines = server.relay.telemetry.lines("sage_")
        for line in [
            #"sage_rate_limiter_capacity{name="a:requests"} 5"#,
            #"sage_rate_limiter_available_permits{name="a:requests"} 4"#, #"sage_bulkhead_limit{name="a"} 2"#,
            #"sage_bulkhead_in_flight{name="a"} 0"#,
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test(
        arguments: [
            ("127.0.0.1", nil, 200), ("::1", nil, 200), ("10.0.0.1", nil, 401), ("10.0.0.1", "Bearer t0ken", 200),
            ("10.0.0.1", "Bearer other", 401), (nil, nil, 401), (nil, "t0ken", 401),
        ] as [(String?, String?, Int)])
    func thePageIsForOperators(client: String?, authorization: String?, status: Int) async throws {
        let server = try ServerFixture(client: client) { $0.server.adminToken = Secret("t0ken") }
        var headers = HTTPFields()
        headers[.authorization] = authorization
        let answer = try await server.send(.get, "/metrics", headers: headers)
        #expect(answer.status == status)
        #expect(answer.body.contains("sage_build_info") == (status == 200))
    }

    @Test(
        arguments: [
            (nil, "text/plain; version=0.0.4; charset=utf-8"),
            ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ] as [(String?, String)])
    func theFormatIsTheOneThatWasAskedFor(accept: String?, type: String) async throws {
        var headers = HTTPFields()
        headers[.accept] = accept
        let answer = try await ServerFixture().send(.get, "/metrics", headers: headers)
        #expect(answer["content-type"] == type)
        #expect(answer.body.hasSuffix("# EOF\n") == (accept != nil))
    }
}

extension RelayFixture {
    /// A report that is counted.
    func countedReport(_ headers: HTTPFields = [:]) -> RequestReport {
        let report = RequestReport(id: "req_1", telemetry.route("/v1/chat/completions"), headers: headers)
        report.update { $0.model = "smart" }
        return report
    }
}
