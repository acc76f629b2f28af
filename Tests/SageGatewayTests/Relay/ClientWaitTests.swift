import HTTPTypes
import SageLLM
import SageResilience
import TestSupport
import Testing

@testable import SageGateway

/// How long clients are waited for that say how long they wait.
struct ClientWaitTests {
    /// A client's words, the policy's changes, and what comes of it.
    struct Case: Sendable {
        var seconds: Int?
        var isStream = false
        var own: Int?
        var targets = 1
        var change: @Sendable (inout GatewayConfiguration.Policy) -> Void = { _ in }
        /// Until the answer, in seconds.
        let deadline: Double
        /// One call, in seconds.
        let attempt: Double
    }

    @Test(
        arguments: [
            Case(deadline: 120, attempt: 60),
            Case(seconds: 600, deadline: 570, attempt: 570),
            Case(seconds: 600, targets: 2, deadline: 570, attempt: 285),
            // More targets than calls are no reason to hurry.
            Case(seconds: 600, targets: 9, deadline: 570, attempt: 142.5),
            // Thirty seconds a target would be less than everybody gets.
            Case(seconds: 120, targets: 4, deadline: 114, attempt: 60),
            Case(seconds: 3_600, deadline: 600, attempt: 600),
            Case(seconds: 3_600, change: { $0.maxClientWait = .seconds(200) }, deadline: 200, attempt: 200),
            Case(seconds: 3_600, change: { $0.maxClientWait = .zero }, deadline: 120, attempt: 120),
            Case(seconds: 100, deadline: 95, attempt: 95),
            Case(seconds: 20, deadline: 19, attempt: 60),
            Case(seconds: 600, isStream: true, deadline: 120, attempt: 60),
            Case(seconds: 600, own: 30_000, deadline: 30, attempt: 60),
            Case(seconds: 600, own: 400_000, deadline: 400, attempt: 400),
            // What somebody has chosen holds for everybody.
            Case(seconds: 600, change: { $0.deadline = .seconds(30) }, deadline: 30, attempt: 60),
            Case(seconds: 600, change: { $0.attemptTimeout = .seconds(5) }, deadline: 570, attempt: 5),
            Case(seconds: 600, change: { $0.timeouts.responseHeaders = .seconds(9) }, deadline: 570, attempt: 60),
        ])
    func timeIsTheClientsWhereThePolicyHasOnlyDefaults(_ expected: Case) throws {
        var policy = GatewayConfiguration.Policy()
        expected.change(&policy)
        var headers = HTTPFields()
        headers[.clientReadTimeout] = expected.seconds.map { "\($0)" }
        headers[.timeout] = expected.own.map { "\($0)" }
        let made = try TargetPolicy(policy)
        let budget = RequestBudget(
            made, try ClientOptions(headers), isStream: expected.isStream, targets: expected.targets, now: .zero)
        #expect(budget.timeUntilAnswer(now: .zero) == .seconds(expected.deadline))
        #expect(made.limits(forClientsShare: budget.clientsShare).attempt == .seconds(expected.attempt))
        #expect(budget.isClients == (expected.deadline < policy.deadline / .seconds(1)))
    }

    @Test(arguments: ["x-stainless-read-timeout", "x-stainless-timeout"])
    func providerGetsTheTimeThatTheClientGives(field: String) async throws {
        let transport = ScriptedTransport(.completion())
        let fixture = try RelayFixture(transport)
        let name = try #require(HTTPField.Name(field))
        _ = try await fixture.answer(fixture.request())
        _ = try await fixture.answer(fixture.request([name: "600"]))
        _ = try await fixture.answer(fixture.request([name: "20"]))
        #expect(transport.requests.map(\.responseHeadersTimeout) == [.seconds(60), .seconds(570), .seconds(19)])
    }

    @Test func readingTimeIsWhatCounts() throws {
        let options = try ClientOptions([.clientReadTimeout: "30", .clientTimeout: "600"])
        #expect(options.readTimeout == .seconds(30))
        #expect(try ClientOptions([.clientReadTimeout: "NOT_GIVEN", .clientTimeout: "9"]).readTimeout == .seconds(9))
    }
}
