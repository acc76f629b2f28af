import HTTPTypes
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

/// What the failures of calls do to the keys of a target, to its circuit breaker and to its neighbours.
struct TargetKeysTests {
    let fixture: RelayFixture
    let events = KeyEventRecorder()

    init() throws {
        fixture = try RelayFixture([("a", ScriptedTransport(.completion()))], keyEvents: events) {
            $0.providers["a"]?.apiKey = nil
            $0.providers["a"]?.apiKeys = ["one", "two", "three"].map { Secret($0) }
            $0.models["other"] = .init(targets: [.init(provider: "a", model: "n")])
        }
    }

    private var target: RouteTarget { fixture.target("a/m") }
    private var neighbour: RouteTarget { fixture.target("a/n") }
    private var now: Moment { target.breaker.timeline.now }

    private func error(_ status: Int, _ headers: HTTPFields = [:], code: String? = nil) -> ProviderError {
        let body = #"{"error":{"message":"no","code":\#(code.map { "\"\($0)\"" } ?? "null")}}"#
        return .answer(target: "a/m", status: status, headers: headers, body: Array(body.utf8), now: 0)
    }

    /// Makes a call with the next key that fails.
    @discardableResult
    private func fail(_ error: ProviderError, avoiding avoided: KeySet = KeySet()) throws -> Int {
        let call = try target.admit(avoiding: avoided)
        call.fail(error, now: now)
        return call.key
    }

    private func states(_ target: RouteTarget) -> [KeyRing.State] { target.keys.states(now: now) }

    private func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }

    @Test func callsTakeTurns() throws {
        #expect(try (0..<6).map { _ in try target.admit().key } == [0, 1, 2, 0, 1, 2])
    }

    struct Case: CustomTestStringConvertible {
        let status: Int
        var headers: HTTPFields = [:]
        var code: String?
        /// The state of the key for this target and for another of the provider.
        let state: KeyRing.State
        let neighbours: KeyRing.State
        var testDescription: String { "\(status) \(code ?? "") \(headers)" }
    }

    static func paused(_ seconds: Int64) -> KeyRing.State {
        .paused(until: Moment(nanoseconds: seconds * 1_000_000_000))
    }
    static let refused = KeyRing.State.refused(until: Moment(nanoseconds: 60_000_000_000))

    @Test(arguments: [
        Case(status: 401, state: refused, neighbours: refused),
        Case(status: 402, state: refused, neighbours: refused),
        Case(status: 403, state: refused, neighbours: .usable),
        Case(status: 429, code: "insufficient_quota", state: refused, neighbours: refused),
        Case(status: 429, headers: [.retryAfter: "20"], state: paused(20), neighbours: .usable),
        Case(status: 429, state: paused(1), neighbours: .usable),
        Case(status: 429, headers: [.retryAfter: "0"], state: .usable, neighbours: .usable),
        Case(status: 429, headers: [.retryAfter: "999999999"], state: paused(3_600), neighbours: .usable),
        Case(status: 500, state: .usable, neighbours: .usable),
        Case(status: 503, headers: [.retryAfter: "20"], state: .usable, neighbours: .usable),
        Case(status: 529, headers: [.retryAfter: "20"], state: .usable, neighbours: .usable),
        Case(status: 400, state: .usable, neighbours: .usable),
        Case(status: 404, state: .usable, neighbours: .usable),
    ])
    func failureConcernsItsKeyOnly(_ row: Case) throws {
        let key = try fail(error(row.status, row.headers, code: row.code))
        for other in 0..<3 {
            #expect(states(target)[other] == (other == key ? row.state : .usable))
            #expect(states(neighbour)[other] == (other == key ? row.neighbours : .usable))
        }
    }

    @Test(arguments: [(503, false), (529, true)])
    func pauseOfAServiceIsForAllKeysAndThatOfAnOverloadedProviderForAllTargets(status: Int, isProviders: Bool) throws {
        try fail(error(status, [.retryAfter: "20"]))
        #expect(target.availability(now: now) == .paused(until: at(20)))
        #expect(neighbour.availability(now: now) == (isProviders ? .paused(until: at(20)) : .ready))
        fixture.clock.advance(by: .seconds(20))
        #expect(target.availability(now: now) == .ready)
    }

    @Test func circuitBreakerDoesNotOpenForOneKeyOfSeveral() throws {
        for _ in 0..<2 { try fail(error(401)) }
        try fail(error(429, [.retryAfter: "3600"], code: "rate_limit_exceeded"))
        #expect(target.breaker.snapshot().failures <= 1, "only that of the last key")
        #expect(target.breaker.state == .closed)
        #expect(target.availability(now: now) == .paused(until: at(3_600)))
    }

    @Test func deadKeysAreALastResortInTurnAndOneIsTriedAgainAfterAWhile() throws {
        for _ in 0..<3 { try fail(error(401)) }
        #expect(target.availability(now: now) == .lastResort)
        #expect(!target.isCallable(now: now))
        #expect(target.needsAttention)
        let forced = try (0..<3).map { _ in try fail(error(401)) }
        #expect(Set(forced) == [0, 1, 2])
        #expect(states(target) == Array(repeating: Self.refused, count: 3), "a forced call lengthens nothing")
        fixture.clock.advance(by: .seconds(60))
        #expect(target.availability(now: now) == .ready)
        let trials = try (0..<3).map { _ in try target.admit() }
        #expect(Set(trials.map(\.key)) == [0, 1, 2], "each once")
        #expect(target.availability(now: now) == .lastResort, "all are on trial")
        trials[1].succeed(now: now)
        #expect(target.availability(now: now) == .ready)
        #expect(try target.admit().key == trials[1].key)
    }

    @Test func eventsNameTheKeyByItsPosition() throws {
        let first = try fail(error(401))
        let second = try fail(error(403))
        try fail(error(429))
        fixture.clock.advance(by: .seconds(60))
        for _ in 0..<3 { try target.admit().succeed(now: now) }
        #expect(
            Set(events.heard) == [
                KeyEvent(
                    provider: "a", model: nil, index: first, change: .refused(.authentication, rest: .seconds(60))),
                KeyEvent(
                    provider: "a", model: "m", index: second, change: .refused(.authentication, rest: .seconds(60))),
                KeyEvent(provider: "a", model: nil, index: first, change: .revived),
                KeyEvent(provider: "a", model: "m", index: second, change: .revived),
            ])
        #expect(events.heard.count == 4)
    }

    @Test func logNamesTheKeyByItsPosition() throws {
        let event = KeyEvent(
            provider: "a", model: "m", index: 1, change: .refused(.authentication, rest: .seconds(60)))
        event.log(to: fixture.log.logger)
        let line = try #require(fixture.log.entries.first { $0.message == "key refused" })
        #expect(line["key_index"] == "1")
        #expect(line["provider"] == "a" && line["model"] == "m")
        #expect(line["retry_after_ms"] == "60000")
    }

    @Test func targetWithATroubledKeyOfItsOwnIsNotForgotten() throws {
        let made = try #require(fixture.routes.resolve("a/x").targets.first)
        #expect(made.isEvictable)
        try made.admit().fail(error(403), now: now)
        #expect(!made.isEvictable, "the model may not be used with that key")
        // What clients make up must not fill the memory for good.
        fixture.clock.advance(by: .seconds(3_600))
        #expect(made.isEvictable)
    }

    @Test func cancelledCallSaysNothing() async throws {
        let target = target
        let error = error(401)
        let task = Task {
            let call = try target.admit()
            withUnsafeCurrentTask { $0?.cancel() }
            call.fail(error, now: .zero)
        }
        try await task.value
        #expect(states(target) == [.usable, .usable, .usable])
        #expect(target.lastFailure == nil)
    }

    @Test func latencyIsThatOfAnswersAndFailuresOfTheProvider() throws {
        func call(isStream: Bool, _ seconds: Int, _ end: (TargetCall) -> Void) throws {
            let call = try target.admit(isStream: isStream)
            fixture.clock.advance(by: .seconds(seconds))
            end(call)
        }
        try call(isStream: true, 1) { $0.firstTokenArrived(now: now) }
        #expect(target.latency(isStream: true, now: now) == 1e9)
        #expect(target.latency(isStream: false, now: now) == nil)
        try call(isStream: false, 3) { $0.succeed(now: now) }
        #expect(target.latency(isStream: false, now: now) == 3e9)
        try call(isStream: false, 1) { $0.fail(error(429), now: now) }
        #expect(target.latency(isStream: false, now: now).map { $0 < 3e9 } == true, "a limit says nothing of the speed")
        try call(isStream: false, 1) { $0.fail(error(500), now: now) }
        #expect(target.latency(isStream: false, now: now).map { $0 >= 5e9 } == true)
        let before = target.latency(isStream: true, now: now)
        try call(isStream: true, 0) {
            $0.ignore()
            $0.overtaken(now: now)
        }
        #expect(target.latency(isStream: true, now: now) == before)
    }
}
