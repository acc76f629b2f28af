import HTTPTypes
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

struct StatusTests {
    // MARK: Health

    @Test func processThatRunsIsLive() async throws {
        let answer = try await ServerFixture(ScriptedTransport(.error(500))).send(.get, "/health/live")
        #expect(answer.status == 200)
    }

    @Test(
        arguments: [
            (.open, 503, "unhealthy"), (.forcedOpen, 503, "unhealthy"), (.disabled, 200, "healthy"),
            (.metricsOnly, 200, "healthy"), (.closed, 200, "healthy"),
        ] as [(CircuitBreaker.State, Int, String)])
    func readinessAndHealthFollowTheBreaker(
        _ state: CircuitBreaker.State, _ ready: Int, _ health: String
    ) async throws {
        let fixture = try ServerFixture()
        try fixture.relay.target("a/m").breaker.transition(to: state)
        let readiness = try await fixture.send(.get, "/health/ready")
        #expect(readiness.status == ready)
        #expect((readiness.json?["reason"] != nil) == (ready == 503))
        let answer = try await fixture.send(.get, "/health")
        #expect(answer.status == 200)
        #expect(answer.json?["status"]?.stringValue == health)
        #expect(answer.json?["services"]?["a/m"]?["state"]?.stringValue == state.rawValue)
    }

    @Test func breakerThatIsDueForAProbeIsReady() async throws {
        let fixture = try ServerFixture()
        fixture.relay.target("a/m").breaker.open(for: .seconds(10))
        #expect(try await fixture.send(.get, "/health/ready").status == 503)
        fixture.relay.clock.advance(by: .seconds(10))
        #expect(try await fixture.send(.get, "/health/ready").status == 200)
    }

    @Test func oneOfTwoServicesIsDegraded() async throws {
        let relay = try RelayFixture([("a", ScriptedTransport()), ("b", ScriptedTransport())])
        relay.target("a/m").breaker.open(for: .seconds(10))
        let report = StatusReport(relay.routes)
        #expect(report.health["status"] == "degraded")
        #expect(report.whyNotReady == nil)
    }

    @Test func modelThatAClientInventedMakesNothingReady() throws {
        let relay = try RelayFixture([("a", ScriptedTransport())])
        relay.target("a/m").breaker.open(for: .seconds(10))
        _ = try relay.routes.resolve("a/invented")
        #expect(StatusReport(relay.routes).whyNotReady != nil)
    }

    @Test(arguments: [(30, true), (600, false)])
    func targetThatAskedForALongPauseIsNotReady(seconds: Int, isReady: Bool) throws {
        let relay = try RelayFixture([("a", ScriptedTransport())])
        let target = relay.target("a/m")
        target.pause(for: .seconds(seconds), now: target.breaker.timeline.now)
        let report = StatusReport(relay.routes)
        #expect((report.whyNotReady == nil) == isReady)
        #expect(report.health["status"] == (isReady ? "healthy" : "unhealthy"))
    }

    @Test func namesThatClientsMadeUpStayOutOfTheHealth() throws {
        let relay = try RelayFixture([("a", ScriptedTransport())])
        _ = try relay.routes.resolve("a/invented")
        let report = StatusReport(relay.routes)
        #expect(report.health["services"]?["a/invented"] == nil)
        #expect(report.full["targets"]?.arrayValue?.count == 2)
    }

    @Test func providerWithoutConfiguredModelsIsReady() throws {
        let relay = try RelayFixture([("a", ScriptedTransport())]) { $0.models = [:] }
        let report = StatusReport(relay.routes)
        #expect(report.whyNotReady == nil)
        #expect(report.health["status"] == "healthy")
        #expect(throws: Never.self) { try relay.routes.resolve("a/any") }
    }

    @Test func nothingConfiguredIsNotReady() throws {
        let report = StatusReport(try RelayFixture([]).routes)
        #expect(report.whyNotReady == "no model and no provider is configured")
        #expect(report.health["status"] == "unhealthy")
    }

    // MARK: Status

    @Test func statusHasTheFieldsOfTheContract() async throws {
        let fixture = try ServerFixture(ScriptedTransport(.error(500)))
        _ = try await fixture.chat(ServerFixture.chatBody, [.init("x-sage-no-retry")!: "true"])
        let answer = try await fixture.send(.get, "/status")
        #expect(answer.status == 200)
        let json = try #require(answer.json)
        for key in [
            "status", "version", "uptime_seconds", "instance", "targets", "limiters", "bulkheads", "stores",
            "supervisors", "config",
        ] {
            #expect(json[key] != nil, "\(key)")
        }
        #expect(json["version"]?.stringValue == SageVersion.current)
        let target = try #require(json["targets"]?[0])
        for key in ["name", "provider", "model", "state", "in_flight", "queued", "limits", "paused_until"] {
            #expect(target[key] != nil, "\(key)")
        }
        #expect(target["name"] == "a/m")
        #expect(target["in_flight"] == 0)
        let breaker = try #require(target["breaker"])
        for key in [
            "state", "since", "failure_rate", "slow_rate", "calls", "failures", "not_permitted", "retry_after_ms",
            "last_failure",
        ] {
            #expect(breaker[key] != nil, "\(key)")
        }
        #expect(breaker["failures"] == 1)
        #expect(breaker["last_failure"]?["class"] == "transient")
        #expect(breaker["last_failure"]?["time"]?.stringValue?.hasSuffix("Z") == true)
        #expect(!answer.body.contains("secret-key"))
    }

    @Test(arguments: ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
    func statusIsOpenOnLoopback(client: String) async throws {
        #expect(try await ServerFixture(client: client).send(.get, "/status").status == 200)
    }

    @Test(arguments: ["10.0.0.1", "::2", "::ffff:10.0.0.1", "128.0.0.1", nil])
    func statusElsewhereNeedsTheToken(client: String?) async throws {
        let closed = try ServerFixture(client: client)
        for field in ["", "Bearer ", "Bearer token-of-admin"] {
            let answer = try await closed.send(.get, "/status", headers: [.authorization: field])
            #expect(answer.status == 401, "without a token configured it stays closed")
            #expect(answer.error?.codeText == "unauthorized")
        }
        let open = try ServerFixture(client: client) { $0.server.adminToken = Secret("token-of-admin") }
        let right: HTTPFields = [.authorization: "Bearer token-of-admin"]
        #expect(try await open.send(.get, "/status", headers: right).status == 200)
        for field in ["", "Bearer ", "Bearer token-of-admi", "Bearer token-of-admin2", "token-of-admin", "Basic x"] {
            #expect(try await open.send(.get, "/status", headers: [.authorization: field]).status == 401)
        }
        #expect(try await open.send(.get, "/health").status == 200, "health is for everybody")
    }
}
