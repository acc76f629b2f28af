import Testing

@testable import SageMock

struct FaultScriptParsingTests {
    private static func step(_ text: String) throws -> FaultStep {
        let script = try FaultScript(parsing: "- steps: [\(text)]")
        return try #require(script.rules.first?.steps.first)
    }

    private static func reply(_ text: String) throws -> ReplyOptions {
        guard case .reply(let options) = try step(text).answer else {
            Issue.record("not a reply: \(text)")
            return ReplyOptions()
        }
        return options
    }

    @Test func theDocumentedExampleIsRead() throws {
        let script = try FaultScript(
            parsing: """
                - match: { path: /v1/chat/completions, model: gpt-5-mini }
                  steps:
                    - { status: 503, headers: { retry-after: "2" }, body: '{"error":{"message":"overloaded"}}' }
                    - { hangBeforeHeaders: 5s }
                    - { reset: true }
                    - { cutAfterEvents: 3 }          # the connection ends in the middle of a stream
                    - { cutAfterBytes: 200 }
                    - { eventDelay: 200ms }          # slow drip
                    - { inBandError: '{"error":{"message":"boom"}}', afterEvents: 0 }
                    - { html: "<html>502 Bad Gateway</html>", status: 502 }
                    - { ok: true, latency: 40ms, reply: "hello" }
                    - { probability: 0.3, status: 500 }
                  then: repeat
                """)
        let rule = try #require(script.rules.first)
        #expect(rule.then == .repeat)
        #expect(rule.steps.count == 10)
        #expect(rule.steps[0].headers == [.init("retry-after", "2")])
        #expect(
            rule.steps[0].answer
                == .fixed(
                    status: 503, contentType: "application/json", body: #"{"error":{"message":"overloaded"}}"#))
        #expect(rule.steps[1].hangBeforeHeaders == .lasting(.seconds(5)))
        #expect(rule.steps[2].answer == .nothing)
        #expect(rule.steps[3].interruption == .cutAfterEvents(3))
        #expect(rule.steps[4].interruption == .cutAfterBytes(200))
        #expect(rule.steps[8].latency == .milliseconds(40))
        #expect(rule.steps[9].probability == 0.3)
        #expect(rule.match.matches(RequestFacts(path: "/v1/chat/completions", model: "gpt-5-mini")))
        #expect(!rule.match.matches(RequestFacts(path: "/v1/chat/completions", model: "gpt-5")))
    }

    @Test func replyOptionsAreRead() throws {
        #expect(try Self.reply("{ eventDelay: 200ms }").eventDelay == .milliseconds(200))
        #expect(try Self.reply("{ reply: 42 }").text == "42")
        #expect(try Self.reply("{ finish: length, omitDone: true, omitFinish: true }").omitsDone)
        let tool = try Self.reply("{ tool: { name: weather, arguments: { city: Oslo, days: [1, 2.5, true, null] } } }")
        #expect(tool.tools.map(\.name) == ["weather"])
        #expect(tool.tools.first?.arguments == #"{"city":"Oslo","days":[1,2.5,true,null]}"#)
        let error = try Self.reply("{ inBandError: { error: { code: 500 } }, afterEvents: 2 }")
        #expect(error.inBandError == .init(text: #"{"error":{"code":500}}"#, afterEvents: 2))
        #expect(try Self.reply("{ inBandError: true }").inBandError == .init())
        #expect(try Self.reply("{ inBandError: 'true' }").inBandError == .init(text: "true"))
        let parallel = try Self.reply("{ tool: [{ name: a }, { arguments: x }], thinking: hm, keepAlives: 3 }")
        #expect(parallel.tools == [.init(name: "a"), .init(arguments: "x")])
        #expect(parallel.thinking == "hm")
        #expect(parallel.keepAlives == 3)
    }

    @Test func aStepCombinesFaults() throws {
        let step = try Self.step("{ eventDelay: 10ms, cutAfterEvents: 3, reset: true, repeat: 4 }")
        #expect(step.interruption == .cutAfterEvents(3))
        #expect(step.resets)
        #expect(step.repetitions == 4)
        #expect(try Self.step("{ hangBeforeHeaders: forever }").hangBeforeHeaders == .forever)
    }

    @Test func aMappingCarriesTheSeed() throws {
        let script = try FaultScript(parsing: "seed: 18446744073709551615\nrules:\n- steps: [{ status: 500 }]\n")
        #expect(script.seed == .max)
        #expect(script.rules.count == 1)
        #expect(script.rules[0].then == .ok)
    }

    @Test(arguments: ["", "[]", "# nothing\n", "rules: []"])
    func aScriptWithoutRulesIsHealthy(_ text: String) throws {
        #expect(try FaultScript(parsing: text).rules.isEmpty)
    }

    @Test func jsonWithEscapedSurrogatesIsRead() throws {
        let script = try FaultScript(parsing: #"[{"steps": [{"reply": "\ud83d\ude00 \\ud83d"}]}]"#)
        guard case .reply(let options)? = script.rules.first?.steps.first?.answer else {
            Issue.record("not a reply")
            return
        }
        #expect(options.text == #"😀 \ud83d"#)
    }

    @Test(arguments: [
        ("- steps: [{ statsu: 503 }]", 1, "rules[0].steps[0].statsu", "unknown key; allowed are status, "),
        (
            "- steps:\n  - status: abc", 2, "rules[0].steps[0].status",
            "is abc; allowed is a whole number from 200 to 599"
        ),
        ("- steps: [{ status: \"503\" }]", 1, "rules[0].steps[0].status", "is \"503\"; allowed is"),
        ("- steps: [{ status: 101 }]", 1, "rules[0].steps[0].status", "is 101; allowed is"),
        ("- steps: [{ latency: 5 }]", 1, "rules[0].steps[0].latency", "is 5; allowed is a number with the unit"),
        ("- steps: [{ latency: -1s }]", 1, "rules[0].steps[0].latency", "is -1s"),
        ("- steps: [{ latency: 25h }]", 1, "rules[0].steps[0].latency", "at most 24h"),
        ("- steps: [{ latency: 99999999999999999999h }]", 1, "rules[0].steps[0].latency", "at most 24h"),
        ("- steps: [{ hangBeforeHeaders: never }]", 1, "rules[0].steps[0].hangBeforeHeaders", "is never"),
        ("- steps: [{ probability: 1.5 }]", 1, "rules[0].steps[0].probability", "is 1.5; allowed is a number from 0"),
        ("- steps: [{ repeat: 0 }]", 1, "rules[0].steps[0].repeat", "from 1 to 1000000"),
        ("- steps: [{ reset: false }]", 1, "rules[0].steps[0].reset", "is false; allowed is true"),
        ("- steps: [{ reset: true, status: 500 }]", 1, "rules[0].steps[0].reset", "cannot be combined with status"),
        ("- steps: [{ ok: true, status: 500 }]", 1, "rules[0].steps[0].status", "cannot be combined with ok"),
        ("- steps: [{ html: a, body: b }]", 1, "rules[0].steps[0].body", "cannot be combined with html"),
        (
            "- steps: [{ cutAfterBytes: 1, cutAfterEvents: 1 }]", 1, "rules[0].steps[0].cutAfterEvents",
            "cannot be combined with cutAfterBytes"
        ),
        ("- steps: [{ afterEvents: 1 }]", 1, "rules[0].steps[0].afterEvents", "needs inBandError beside it"),
        ("- steps: [{ tool: [] }]", 1, "rules[0].steps[0].tool", "has 0 entries; allowed are 1 to 128"),
        ("- steps: [{ tool: [x] }]", 1, "rules[0].steps[0].tool[0]", "or a list of such mappings"),
        ("- steps: [{ keepAlives: 0 }]", 1, "rules[0].steps[0].keepAlives", "from 1 to 10000"),
        (
            "- steps: [{ thinking: a, status: 500 }]", 1, "rules[0].steps[0].status",
            "cannot be combined with thinking"
        ),
        ("- steps: [{}]", 1, "rules[0].steps[0]", "is empty"),
        ("- steps: []", 1, "rules[0].steps", "has 0 entries; allowed are 1 to 10000"),
        ("- match: { path: /a }", 1, "rules[0]", "steps is missing"),
        ("- match: { path: v1 }\n  steps: [{ ok: true }]", 1, "rules[0].match.path", "begins with / or *"),
        ("- match:\n    stream: 1\n  steps: [{ ok: true }]", 2, "rules[0].match.stream", "allowed is true or false"),
        ("- steps: [{ ok: true }]\n  then: never", 2, "rules[0].then", "is never; allowed is repeat, last, ok"),
        ("seed: -1\nrules: []", 1, "seed", "is -1; allowed is a whole number from 0"),
        ("seed: 1", 1, "", "rules is missing"),
        ("rules: []\nsede: 1", 2, "sede", "unknown key; allowed are rules, seed"),
        ("hello", 1, "rules", "is hello; allowed is a list of rules"),
        (
            "- steps: [{ status: 500, headers: { Content-Length: 3 } }]", 1,
            "rules[0].steps[0].headers.Content-Length", "cannot be set"
        ),
        (
            "- steps: [{ status: 500, headers: { x: \"a\\nb\" } }]", 1, "rules[0].steps[0].headers.x",
            "has a control character"
        ),
        ("- steps: [{ status: 500, headers: { \"a b\": c } }]", 1, "rules[0].steps[0].headers.a b", "no header name"),
        ("- steps: [{ status: 500, status: 501 }]", 1, "", "a key stands twice: status"),
        ("- steps: [}", 1, "", "not YAML"),
    ])
    func aMistakeIsNamedByLineAndField(_ text: String, _ line: Int, _ field: String, _ problem: String) throws {
        let error = try #require(throws: FaultScriptError.self) { try FaultScript(parsing: text) }
        #expect(error.line == line)
        #expect(error.field == field)
        #expect(error.problem.contains(problem))
    }

    @Test func aScriptThatIsTooLongIsRefused() throws {
        let text = String(repeating: "#", count: FaultScript.maximumBytes + 1)
        let error = try #require(throws: FaultScriptError.self) { try FaultScript(parsing: text) }
        #expect(error.description == "the script has 1048577 bytes; allowed are 1048576")
    }

    @Test func aliasesThatUnfoldWithoutEndAreRefused() throws {
        var text = "- steps:\n  - tool:\n      arguments:\n        a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...6 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "        a\(level): &a\(level) [\(aliases)]\n"
        }
        let error = try #require(throws: FaultScriptError.self) { try FaultScript(parsing: text) }
        #expect(error.problem == "has more than 10000 values")
    }

    @Test(arguments: [
        ("1", "1"), ("-2.5", "-2.5"), ("3.14159265358979323846", "3.14159265358979323846"), ("1E400", "1E400"),
        ("18446744073709551616", "18446744073709551616"), ("007", "7"), ("+1", "1"), ("1.", "1.0"), ("true", "true"),
        ("~", "null"), ("1.2.3", #""1.2.3""#), ("0x1p3", #""0x1p3""#), (".inf", #"".inf""#), ("'1'", #""1""#),
    ])
    func plainValuesAreWrittenAsJSON(_ text: String, _ json: String) throws {
        #expect(try Self.reply("{ inBandError: [\(text)] }").inBandError?.text == "[\(json)]")
    }

    @Test(arguments: [
        ("0", Duration.zero), ("200ms", .milliseconds(200)), ("1.5s", .milliseconds(1_500)), ("2m", .seconds(120)),
        ("24h", .seconds(86_400)), ("7us", .microseconds(7)),
    ])
    func durationsAreReadWithTheirUnit(_ text: String, _ duration: Duration) throws {
        #expect(try Self.step("{ latency: \(text) }").latency == duration)
        #expect(try Self.step("{ latency: \"\(text)\" }").latency == duration)
    }
}
