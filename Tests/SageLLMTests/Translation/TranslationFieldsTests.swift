import NIOCore
import Testing

@testable import SageLLM

struct TranslationFieldsTests {
    @Test(arguments: [
        ("data:image/png;base64,AAAA", "image/png", "AAAA"), ("DATA:Image/PNG;name=a;BASE64,AA,A", "image/png", "AA,A"),
        ("data:;base64,", "text/plain", ""),
    ])
    func dataURLsAreRead(_ text: String, _ mediaType: String, _ base64: String) throws {
        let url = try #require(DataURL(text))
        #expect(url.mediaType == mediaType)
        #expect(url.base64 == base64)
    }

    @Test(arguments: [
        "", "data:", "data:image/png,AAAA", "data:image/png;base64", "http://h/,", "base64,AAAA",
        "data:\(String(repeating: "x", count: 300));base64,A",
    ])
    func otherAddressesAreNone(_ text: String) {
        #expect(DataURL(text) == nil)
    }

    @Test func idsBecomeFitAndStayDifferent() {
        #expect(ToolIdentifier.anthropic("call_A-1") == "call_A-1")
        #expect(ToolIdentifier.openAI("functions.f:0") == "functions.f:0")
        let odd = [
            "", "a b", "a.b", "a:b", "ä", String(repeating: "x", count: 200), String(repeating: "x", count: 201),
        ]
        let made = odd.map(ToolIdentifier.anthropic)
        #expect(Set(made).count == odd.count)
        #expect(made.allSatisfy { $0.utf8.count == 38 && $0.hasPrefix("toolu_") })
        #expect(made == odd.map(ToolIdentifier.anthropic))
        #expect(ToolIdentifier.openAI(String(repeating: "x", count: 41)).utf8.count == 37)
    }

    @Test(arguments: [
        ([#"{"a":1}"#], true), (["{", "}"], true), ([#"{"a":"}"#], false), ([#"{"a":"}"#, #"\"""#, "}"], true),
        (["[1", ",{}]"], true), ([""], false), (["1"], false), (["\"x"], false), (["{}", " "], true), (["}"], false),
    ])
    func completeArgumentsAreTold(_ fragments: [String], _ isComplete: Bool) {
        var tracker = JSONFragmentTracker()
        for fragment in fragments { tracker.append(fragment) }
        #expect(tracker.isComplete == isComplete)
    }

    @Test(arguments: ["{}", #"{"b":1,"a":[null]}"#, "{oops", "[1]", "7", #""text""#])
    func argumentsReturnAsTheyWere(_ text: String) {
        #expect(ToolArguments.text(ToolArguments.object(text)) == text)
    }

    @Test(arguments: [
        (
            #"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#,
            true
        ),
        (#"{"type":"object","properties":{},"additionalProperties":false}"#, true), (#"{"type":"string"}"#, true),
        (#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#, false),
        (#"{"type":"object","properties":{}}"#, false), (#"{"type":["object","null"],"properties":{}}"#, false),
        (#"{"type":"array","items":{"type":"object"}}"#, false),
        (
            #"{"type":"object","properties":{"type":{"type":"string"}},"required":["type"],"additionalProperties":false}"#,
            true
        ),
    ])
    func strictSchemasAreTold(_ schema: String, _ isStrict: Bool) throws {
        #expect(SchemaRules.isStrict(try JSONValue(parsing: schema)) == isStrict)
    }

    @Test func schemaIsClosedWhereItSaysNothing() throws {
        let schema = try JSONValue(
            parsing:
                #"{"type":"object","properties":{"a":{"type":"object"},"b":{"anyOf":[{"type":["object","null"]}]},"properties":{"type":"object","additionalProperties":true}},"default":{"type":"object"},"$defs":{"d":{"type":"object"}}}"#
        )
        #expect(
            SchemaRules.closed(schema)
                == (try JSONValue(
                    parsing:
                        #"{"type":"object","properties":{"a":{"type":"object","additionalProperties":false},"b":{"anyOf":[{"type":["object","null"],"additionalProperties":false}]},"properties":{"type":"object","additionalProperties":true}},"default":{"type":"object"},"$defs":{"d":{"type":"object","additionalProperties":false}},"additionalProperties":false}"#
                )))
    }

    // MARK: Thinking of others

    private static func request(_ blocks: String) -> ByteBuffer {
        buffer(
            #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":\#(blocks)}],"extra":1}"#
        )
    }

    @Test func thinkingOfOthersIsTakenOut() throws {
        let body = Self.request(
            #"[{"type":"thinking","thinking":"a","signature":"sage-unsigned"},{"type":"thinking","thinking":"b","signature":"real"},{"type":"text","text":"sage-unsigned"}]"#
        )
        let cleaned = try #require(ForeignThinking.removed(from: body))
        #expect(
            try JSONValue(parsing: cleaned)
                == JSONValue(
                    parsing: Self.request(
                        #"[{"type":"thinking","thinking":"b","signature":"real"},{"type":"text","text":"sage-unsigned"}]"#
                    )))
    }

    @Test func messageOfThoughtsAloneKeepsSomeContent() throws {
        let body = Self.request(#"[{"type":"thinking","thinking":"a","signature":"sage-unsigned"}]"#)
        let cleaned = try JSONValue(parsing: try #require(ForeignThinking.removed(from: body)))
        #expect(cleaned["messages"]?[1]?["content"] == "...")
    }

    @Test(arguments: [
        #"{"messages":[{"role":"user","content":"sage-unsigned"}]}"#, #"{"messages":"sage-unsigned"}"#, "sage-unsigned",
        "", "sage-", "-", #"{"a":"-sage-unsigne"}"#,
        #"{"messages":[{"content":[{"type":"thinking","signature":"real-one"}]}]}"#,
    ])
    func everythingElseIsForwardedAsItIs(_ body: String) {
        #expect(ForeignThinking.removed(from: buffer(body)) == nil)
    }
}
