import HTTPTypes
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

struct RouteTableTests {
    let a = ScriptedTransport(.completion())
    let b = ScriptedTransport(.completion())

    func fixture(_ change: (inout GatewayConfiguration) -> Void = { _ in }) throws -> RelayFixture {
        try RelayFixture([("a", a), ("b", b)], change)
    }

    @Test func modelsAndTheirTargetsCanBeAskedFor() throws {
        #expect(try fixture().routes.modelNames == ["smart", "a/m", "b/m"])
        #expect(try fixture().routes.resolve("smart").targets.map(\.name) == ["a/m", "b/m"])
    }

    @Test func targetIsSharedByAllItsNames() throws {
        let routes = try fixture { $0.models["other"] = .init(targets: [.init(provider: "a", model: "m")]) }.routes
        let target = try #require(routes.resolve("smart").targets.first)
        #expect(try routes.resolve("other").targets.first === target)
        #expect(try routes.resolve("a/m").targets.first === target)
    }

    @Test(arguments: ["a/other", "a/meta-llama/Llama-3", "a/ä"])
    func everyModelOfAProviderIsReachable(name: String) throws {
        let routes = try fixture().routes
        let route = try routes.resolve(name)
        #expect(route.targets.map(\.name) == [name])
        #expect(try routes.resolve(name).targets.first === route.targets.first)
        #expect(routes.targets.contains { $0.name == name })
        #expect(!routes.modelNames.contains(name), "what one client asked for is not offered to the others")
    }

    @Test(arguments: [
        "nothing", "c/m", "a/", "a/with space", "a/\u{0}", "a/" + String(repeating: "x", count: 201), "/m",
    ])
    func unknownModelIsNamedTogetherWithTheKnownOnes(name: String) throws {
        let routes = try fixture().routes
        let error = try #require(#expect(throws: GatewayError.self) { try routes.resolve(name) })
        #expect(error.code == .modelNotFound)
        #expect(error.status == 404)
        #expect(error.parameter == "model")
        #expect(error.message.contains("available: smart, a/m, b/m"))
        #expect(error.message.utf8.count < 400)
        #expect(!error.message.contains("\u{0}"))
        #expect(routes.targets.count == 2)
    }

    @Test func defaultProviderTakesUnknownModels() throws {
        let routes = try fixture { $0.defaultProviders = ["b"] }.routes
        #expect(try routes.resolve("gpt-9").targets.map(\.name) == ["b/gpt-9"])
        #expect(try routes.resolve("meta-llama/Llama-3").targets.map(\.name) == ["b/meta-llama/Llama-3"])
        #expect(throws: GatewayError.self) { try routes.resolve("with space") }
    }

    @Test func namesThatClientsInventAreForgottenAndConfiguredOnesNever() throws {
        let routes = try fixture().routes
        let configured = try #require(routes.resolve("smart").targets.first)
        for number in 0..<1_200 { _ = try routes.resolve("a/\(number)") }
        #expect(routes.targets.count <= 1_026)
        #expect(try routes.resolve("a/m").targets.first === configured)
        #expect(routes.targets.contains { $0 === configured })
    }

    @Test func targetThatIsInUseOrPausedIsNotForgotten() throws {
        let routes = try fixture().routes
        let target = try #require(routes.resolve("a/x").targets.first)
        #expect(target.isEvictable)
        do {
            let call = try target.admit()
            #expect(!target.isEvictable, "a call is running")
            call.succeed()
        }
        #expect(target.isEvictable, "only successes")
        target.pause(for: .seconds(3600), now: target.breaker.timeline.now)
        #expect(!target.isEvictable)
        let other = try #require(routes.resolve("a/y").targets.first)
        try other.admit().fail(ProviderError.truncatedStream(target: "a/y"), now: .zero)
        #expect(other.isEvictable, "names that fail must not keep others out")
    }

    @Test func targetThatIsRefusedByItsBreakerIsKept() throws {
        let fixture = try fixture()
        let target = try #require(fixture.routes.resolve("a/x").targets.first)
        for _ in 0..<10 { try? target.admit().fail(ProviderError.truncatedStream(target: "a/x"), now: .zero) }
        #expect(target.breaker.state == .open)
        #expect(!target.isEvictable)
        fixture.clock.advance(by: .seconds(60))
        #expect(target.isEvictable)
    }

    @Test func tooManyModelsInUseIsAnErrorThatSaysSo() throws {
        let routes = try fixture().routes
        var calls: [TargetCall] = []
        for number in 0..<1_024 { calls.append(try #require(routes.resolve("a/\(number)").targets.first).admit()) }
        let error = #expect(throws: GatewayError.self) { try routes.resolve("a/one-more") }
        #expect(error?.code == .overloaded)
        #expect(error?.retryAfter != nil)
        #expect(calls.count == 1_024)
        #expect(throws: Never.self) { try routes.resolve("smart") }
    }

    @Test func policyOfARequestIsTheModelsElseThatOfItsFirstTarget() throws {
        let routes = try fixture { configuration in
            configuration.policies["short"] = .init()
            configuration.policies["short"]?.deadline = .seconds(1)
            configuration.policies["long"] = .init()
            configuration.policies["long"]?.deadline = .seconds(300)
            configuration.providers["a"]?.policy = "short"
            configuration.models["patient"] = .init(targets: [.init(provider: "a", model: "m")])
            configuration.models["patient"]?.policy = "long"
        }.routes
        #expect(try routes.resolve("smart").policy.deadline == .seconds(1))
        #expect(try routes.resolve("patient").policy.deadline == .seconds(300))
        #expect(try routes.resolve("a/m").policy.deadline == .seconds(1))
    }

    @Test func shutdownClosesEveryTransport() async throws {
        await (try fixture()).routes.shutdown()
        #expect(a.shutdowns == 1)
        #expect(b.shutdowns == 1)
    }

    // MARK: Pauses

    func target() throws -> RouteTarget { try fixture().target("a/m") }

    func error(_ status: Int, _ message: String = "boom", wait: String? = nil) -> ProviderError {
        .answer(
            target: "a/m", status: status, headers: wait.map { [.retryAfter: $0] } ?? [:],
            body: #"{"error":{"message":"\#(message)"}}"#.utf8, now: 0)
    }

    @Test(arguments: [(429, "5"), (503, "5"), (500, "5"), (529, "5")])
    func waitThatAProviderAsksForIsKept(status: Int, wait: String) throws {
        let target = try target()
        try target.admit().fail(error(status, wait: wait), now: .zero)
        #expect(target.pausedUntil == Moment(nanoseconds: 5_000_000_000))
    }

    @Test func laterPauseWins() throws {
        let target = try target()
        target.pause(for: .seconds(5), now: .zero)
        target.pause(for: .seconds(2), now: Moment(nanoseconds: 1))
        #expect(target.pausedUntil == Moment(nanoseconds: 5_000_000_000))
    }

    @Test func nonsensicalWaitEndsSomeDay() throws {
        let target = try target()
        try target.admit().fail(error(503, wait: "99999999999"), now: .zero)
        #expect(target.pausedUntil == Moment(nanoseconds: 3_600 * 1_000_000_000))
    }

    /// Providers quote the request in such errors: a client could otherwise pause a target for everybody.
    @Test func waitInAnErrorAboutTheRequestPausesNobody() throws {
        let target = try target()
        try target.admit().fail(error(400, "invalid role: please try again in 3000s"), now: .zero)
        #expect(target.pausedUntil == .zero)
    }
}
