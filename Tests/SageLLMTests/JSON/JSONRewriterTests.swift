import NIOCore
import Testing

@testable import SageLLM

struct JSONRewriterTests {
    @Test(arguments: [
        (#"{"model":"a"}"#, #"{"model":"new"}"#),
        ("{ \"model\" :\t\"a\" ,\n \"x\": 1.0e2 }", "{ \"model\" :\t\"new\" ,\n \"x\": 1.0e2 }"),
        (#"{"model":{"deep":[1,2]},"z":"\u00e9"}"#, #"{"model":"new","z":"\u00e9"}"#),
        (#"{"model":1,"y":{"model":1},"model":2}"#, #"{"model":"new","y":{"model":1},"model":"new"}"#),
        (#"{"mod\u0065l":1}"#, #"{"mod\u0065l":"new"}"#),
        ("{}", #"{"model":"new"}"#),
        (" { } ", #" {"model":"new" } "#),
        ("{\"x\": 1\n}", "{\"x\": 1,\"model\":\"new\"\n}"),
    ])
    func replacesOrInsertsAndLeavesOtherBytes(_ document: String, _ expected: String) throws {
        var rewriter = JSONRewriter()
        rewriter.set("model", to: "new")
        #expect(String(buffer: try rewriter.rewrite(buffer(document))) == expected)
    }

    @Test func severalMembersAreSetInOnePass() throws {
        let body = buffer(#"{"stream":false,"model":"a"}"#)
        var rewriter = JSONRewriter()
        rewriter.set("model", to: "first")
        rewriter.set("model", to: "b \"quoted\"\n")
        rewriter.set("stream_options", toJSON: [UInt8](#"{"include_usage":true}"#.utf8))
        rewriter.set("stream", to: true)
        rewriter.set("n", to: 1)
        let index = try JSONObjectIndex(of: ["n", "stream", "stream_options", "model", "other"], in: body)
        let expected = #"{"stream":true,"model":"b \"quoted\"\n","stream_options":{"include_usage":true},"n":1}"#
        #expect(String(buffer: rewriter.rewrite(body, using: index)) == expected)
        #expect(try rewriter.rewrite(body) == rewriter.rewrite(body, using: index))
    }

    @Test func nestedObjectIsRewrittenByItself() throws {
        let body = buffer(#"{"stream_options":{ "include_obfuscation": false },"model":"a"}"#)
        let index = try JSONObjectIndex(of: ["stream_options"], in: body)
        var inner = JSONRewriter()
        inner.set("include_usage", to: true)
        var rewriter = JSONRewriter()
        rewriter.set("stream_options", toJSON: try inner.rewrite(#require(index.bytes("stream_options", in: body))))
        let expected = #"{"stream_options":{ "include_obfuscation": false,"include_usage":true },"model":"a"}"#
        #expect(String(buffer: rewriter.rewrite(body, using: index)) == expected)
    }

    @Test func withoutEditsTheBodyIsTheSame() throws {
        var body = buffer(#"xx{"a": 1}"#)
        body.moveReaderIndex(forwardBy: 2)
        #expect(try JSONRewriter().rewrite(body) == body)
    }

    @Test(arguments: UInt64(0)..<5)
    func randomDocumentsKeepEveryOtherByte(_ seed: UInt64) throws {
        var generator = DocumentGenerator(seed: seed)
        var rewriter = JSONRewriter()
        rewriter.set("model!", to: "new")
        for _ in 0..<50 {
            let (before, after) = (generator.document(), generator.document())
            let body = buffer("{\"p\":\(before),\"model!\":\(generator.document()),\"q\":\(after)}")
            var index = try JSONObjectIndex(of: ["model!"], in: body)
            let old = try #require(index["model!"]?.range)
            let rewritten = try rewriter.rewrite(body)
            index = try JSONObjectIndex(of: ["model!"], in: rewritten)
            let new = try #require(index["model!"]?.range)
            #expect(index.string("model!", in: rewritten) == "new")
            #expect(rewritten.slice(0..<new.lowerBound) == body.slice(0..<old.lowerBound))
            #expect(
                rewritten.slice(new.upperBound..<rewritten.readableBytes)
                    == body.slice(old.upperBound..<body.readableBytes))
        }
    }

    @Test func invalidDocumentIsRefused() {
        var rewriter = JSONRewriter()
        rewriter.set("model", to: "new")
        #expect(throws: JSONScanError.self) { try rewriter.rewrite(buffer(#"{"model":"a""#)) }
    }
}
