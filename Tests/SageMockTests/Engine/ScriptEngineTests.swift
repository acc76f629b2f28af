import Testing

@testable import SageMock

struct ScriptEngineTests {
    private let request = RequestFacts(path: "/v1/chat/completions", model: "a")

    private func places(_ script: String, count: Int) throws -> [Int?] {
        var engine = ScriptEngine(try FaultScript(parsing: script))
        return (0..<count).map { _ in engine.next(for: request).place?.step }
    }

    @Test(
        arguments: [
            ("repeat", [0, 1, 1, 0, 1, 1, 0]),
            ("last", [0, 1, 1, 1, 1, 1, 1]),
            ("ok", [0, 1, 1, nil, nil, nil, nil]),
        ] as [(String, [Int?])])
    func stepsAreTakenInOrderAndThenFollows(_ then: String, _ expected: [Int?]) throws {
        let script = "- steps: [{ status: 500 }, { status: 503, repeat: 2 }]\n  then: \(then)"
        #expect(try places(script, count: 7) == expected)
    }

    @Test func afterTheLastStepTheAnswerIsAGoodOne() throws {
        var engine = ScriptEngine(try FaultScript(parsing: "- steps: [{ status: 500 }]"))
        #expect(engine.next(for: request).step != FaultStep())
        #expect(engine.next(for: request).step == FaultStep())
    }

    @Test func theFirstMatchingRuleAnswersAndEachRuleCountsForItself() throws {
        var engine = ScriptEngine(
            try FaultScript(
                parsing: """
                    - { match: { model: a }, steps: [{ status: 500 }, { status: 501 }] }
                    - { match: { model: "*" }, steps: [{ status: 502 }, { status: 503 }] }
                    """))
        let other = RequestFacts(path: "/v1/chat/completions", model: "b")
        #expect(engine.next(for: request).place == .init(rule: 0, step: 0))
        #expect(engine.next(for: other).place == .init(rule: 1, step: 0))
        #expect(engine.next(for: request).place == .init(rule: 0, step: 1))
        #expect(engine.next(for: other).place == .init(rule: 1, step: 1))
        #expect(engine.next(for: request).place == .init(rule: 0, step: nil))
        #expect(engine.next(for: RequestFacts(path: "/v1/models")).place == nil)
    }

    private func luck(seed: UInt64, count: Int = 1_000) throws -> [Bool] {
        let script = try FaultScript(parsing: "- { steps: [{ probability: 0.3, status: 500 }], then: repeat }")
        var engine = ScriptEngine(script, seed: seed)
        return (0..<count).map { _ in !engine.next(for: request).isSpared }
    }

    @Test func theSeedDecidesWhichRequestsFail() throws {
        #expect(try luck(seed: 7) == luck(seed: 7))
        #expect(try luck(seed: 7) != luck(seed: 8))
        let failures = try luck(seed: 7).count { $0 }
        #expect((250...350).contains(failures))
    }

    @Test func aSparedRequestIsAnsweredWell() throws {
        var engine = ScriptEngine(try FaultScript(parsing: "- { steps: [{ probability: 0, status: 500 }] }"))
        let decision = engine.next(for: request)
        #expect(decision.isSpared)
        #expect(decision.step == FaultStep())
        #expect(decision.place == .init(rule: 0, step: 0))
    }

    @Test func theCallersSeedPrecedesTheScripts() throws {
        let script = try FaultScript(parsing: "seed: 3\nrules: []")
        #expect(ScriptEngine(script).seed == 3)
        #expect(ScriptEngine(script, seed: 4).seed == 4)
        #expect(ScriptEngine(.healthy).seed == 0)
    }
}
