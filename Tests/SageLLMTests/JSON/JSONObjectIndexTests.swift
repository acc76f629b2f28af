import NIOCore
import Testing

@testable import SageLLM

struct JSONObjectIndexTests {
    @Test func findsRequestedKeysOfTheTopLevelOnly() throws {
        let body = buffer(
            #" {"messages":[{"model":"inner"}], "model" : "gpt" ,"n":2,"stream":true,"x":{"stream":false}} "#)
        let index = try JSONObjectIndex(of: ["model", "stream", "n", "absent"], in: body)
        #expect(index.entries.map(\.key) == ["model", "n", "stream"])
        #expect(index.string("model", in: body) == "gpt")
        #expect(index.bool("stream", in: body) == true)
        #expect(index.integer("n", in: body) == 2)
        #expect(index["absent"] == nil)
        #expect(index["messages"] == nil)
        #expect(index["model"]?.kind == .string)
        #expect(index.bytes("model", in: body) == buffer(#""gpt""#))
        #expect(index.string("n", in: body) == nil)
    }

    @Test(
        arguments: [
            (#"{"k":null}"#, .null), (#"{"k":false}"#, .bool), (#"{"k":-1}"#, .number), (#"{"k":""}"#, .string),
            (#"{"k":[1]}"#, .array), (#"{"k":{}}"#, .object),
        ] as [(String, JSONKind)])
    func reportsTheKindOfAValue(_ document: String, _ kind: JSONKind) throws {
        let index = try JSONObjectIndex(of: ["k"], in: buffer(document))
        #expect(index["k"]?.kind == kind)
    }

    @Test func lastOfDuplicateKeysWins() throws {
        let body = buffer(#"{"model":"a","model":"b"}"#)
        let index = try JSONObjectIndex(of: ["model"], in: body)
        #expect(index.entries.count == 2)
        #expect(index.string("model", in: body) == "b")
    }

    @Test func keysWithEscapesAreRecognised() throws {
        let body = buffer(#"{"mod\u0065l":"a\n\u00e9\ud83d\ude00\ud800"}"#)
        let index = try JSONObjectIndex(of: ["model"], in: body)
        #expect(index.string("model", in: body) == "a\né😀\u{FFFD}")
    }

    @Test func offsetsCountFromTheReaderIndex() throws {
        var body = buffer(#"xxxx{"model":"a"}"#)
        body.moveReaderIndex(forwardBy: 4)
        let index = try JSONObjectIndex(of: ["model"], in: body)
        #expect(index["model"]?.range == 9..<12)
        #expect(index.string("model", in: body) == "a")
    }

    @Test(arguments: [("[]", JSONKind.array), ("1", .number), ("null", .null), (#""a""#, .string)])
    func otherTopLevelsAreRefused(_ document: String, _ kind: JSONKind) {
        #expect {
            try JSONObjectIndex(of: [], in: buffer(document))
        } throws: {
            ($0 as? JSONScanError)?.reason == .notAnObject(found: kind)
        }
    }

    @Test(arguments: [#"{"a":1"#, #"{"a":1}}"#, #"{"a":[}"#, #"{,}"#, #"{"a":1,}"#, #"{"a":1 "b":2}"#, ""])
    func wholeDocumentIsChecked(_ document: String) {
        #expect(throws: JSONScanError.self) { try JSONObjectIndex(of: ["a"], in: buffer(document)) }
    }

    @Test func depthCountsTheTopLevel() {
        #expect(throws: Never.self) { try JSONObjectIndex(of: [], in: buffer(#"{"a":[]}"#), depthLimit: 2) }
        #expect(throws: JSONScanError.self) { try JSONObjectIndex(of: [], in: buffer(#"{"a":[]}"#), depthLimit: 1) }
    }
}
