import SageTesting
import Testing

@testable import SageResilience

struct TextPatternsTests {
    private struct Described: Error, CustomStringConvertible {
        var description: String
    }

    private func read(_ text: String, _ patterns: TextPatterns = .services) -> ErrorClass? {
        patterns.classification(of: FoldedText(text))?.errorClass
    }

    @Test(
        "the seeds' patterns",
        arguments: [
            ("Rate limit reached for requests", ErrorClass.rateLimited), ("Too Many Requests", .rateLimited),
            ("error 429", .rateLimited), ("the read timed out", .timeout), ("Timeout!", .timeout),
            ("Connection error.", .transient), ("connection reset by peer", .transient),
            ("Server disconnected without sending a response.", .transient), ("Internal Server Error", .transient),
            ("503 Service Unavailable", .overloaded), ("The model is temporarily unavailable", .overloaded),
            ("Bad Gateway", .transient), ("Gateway Timeout", .timeout), ("Unauthorized", .authentication),
            ("authentication failed", .authentication), ("Invalid API key provided", .authentication),
            ("Forbidden", .authentication), ("model not found", .permanent), ("1 validation error", .permanent),
            ("Bad Request", .permanent), ("HTTP 402", .quotaExhausted), ("402: Payment Required", .quotaExhausted),
        ])
    func seeds(text: String, errorClass: ErrorClass) {
        #expect(read(text) == errorClass)
        #expect(read("\(text.uppercased())\n") == errorClass)
        #expect(read("request abc-1 to api.example: \(text), see https://example.com/help") == errorClass)
    }

    @Test(
        "further kinds",
        arguments: [
            ("This model's maximum context length is 8192 tokens", ErrorClass.contextWindow),
            ("error code: 400 - context_length_exceeded", .contextWindow),
            ("blocked by our content-filter", .contentPolicy),
            ("status 400: violates the content policy", .contentPolicy),
            ("insufficient_quota", .quotaExhausted),
            ("Error code: 429 - You exceeded your current quota, please check your plan", .quotaExhausted),
            ("overloaded_error", .overloaded), ("read: ECONNRESET", .transient), ("socket hang up", .transient),
            // Retryable first: the seeds look for those before the others.
            ("authentication service timed out", .timeout),
        ])
    func kinds(text: String, errorClass: ErrorClass) {
        #expect(read(text) == errorClass)
    }

    @Test(
        "statuses",
        arguments: [
            ("HTTP/1.1 503", ErrorClass.overloaded), ("HTTP/2 502 ", .transient), ("status code: 504", .timeout),
            ("statusCode=404", .permanent), ("{\"status\": 401}", .authentication), ("(error #500)", .transient),
            ("unexpected response [529]", .overloaded), ("server returned 500", .transient),
            ("502 Server Error: nothing", .transient), ("404 Client Error: nothing", .permanent),
            ("status_code: 503.", .overloaded),
        ])
    func statuses(text: String, errorClass: ErrorClass) {
        #expect(read(text) == errorClass)
    }

    @Test(
        "what looks like a pattern and is none",
        arguments: [
            "1429 tokens", "used 429 tokens", "429", "$4.29", "error: 429 tokens are too few", "status 429.5",
            "error 50% of 500", "code 4290", "code 42", "line 404", "port:443", "error -429", "row 1,429",
            "http://host:503/path", "v4.0.4", "error 429%", "status 600", "status 399",
            "separate limits", "rate limiter", "corporate limit", "timeoutless", "pretimeout", "notfound", "knot found",
            "unforbiddenly", "", " ", "\"", "x\u{0}y", "no luck",
        ])
    func lookalikes(text: String) {
        #expect(read(text) == nil)
    }

    @Test(
        "what somebody else said",
        arguments: [
            "cannot parse the answer: \"the file was not found\"",
            "bad reply \"Authentication is forbidden; see HTTP 404 Bad Request\"",
            "reply was \"he said \\\"not found\\\" and left\"",
        ])
    func quotations(text: String) {
        #expect(read(text) == nil)
    }

    @Test func wordsAfterAQuotationCountAgain() {
        #expect(read("table \"users\" not found") == .permanent)
        #expect(read("{\"error\": {\"message\": \"Rate limit reached\"}}") == .rateLimited)
    }

    @Test func onlyTheBeginningIsRead() {
        let filler = String(repeating: "x ", count: FoldedText.limit / 2)
        #expect(read(filler + "timed out") == nil)
        #expect(read(filler.dropLast(20) + "timed out") == .timeout)
        #expect(FoldedText(String(repeating: "a", count: 1_000_000)).bytes.count == FoldedText.limit)
    }

    @Test func phrasesOfOnesOwnAreFoldedToo() {
        let patterns = TextPatterns([
            .init(errorClass: .timeout, phrases: ["  Lost\tthe-thread ", "", "   "]),
            .init(errorClass: .permanent, phrases: ["(E42)", "E42"]),
        ])
        #expect(read("we LOST the thread", patterns) == .timeout)
        #expect(read("we lost the threads", patterns) == nil)
        #expect(read("failed (e42)", patterns) == .permanent)
        #expect(read("xe42", patterns) == nil)
        #expect(read("", patterns) == nil)
    }

    /// A phrase is found where a search of every position finds it, and the first of the list wins.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func agreesWithASearchOfEveryPosition(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func text(_ length: Int) -> String {
            String((0..<length).map { _ in "ab .".randomElement(using: &generator)! })
        }
        let classes = ErrorClass.allCases
        for _ in 0..<300 {
            let phrases = (0..<5).map { _ in text(Int.random(in: 1...3, using: &generator)) }
            let patterns = TextPatterns(
                zip(classes, phrases).map { TextPatterns.Group(errorClass: $0, phrases: [$1]) })
            let haystack = FoldedText(text(20))
            let expected = zip(classes, phrases).first { _, phrase in
                var needle = FoldedText(phrase).bytes
                if needle.last == 0x20 { needle.removeLast() }
                guard !needle.isEmpty, needle.count <= haystack.bytes.count else { return false }
                return (0...haystack.bytes.count - needle.count).contains { start in
                    haystack.isPhrase(start..<start + needle.count)
                        && Array(haystack.bytes[start..<start + needle.count]) == needle
                }
            }
            #expect(patterns.classification(of: haystack)?.errorClass == expected?.0)
        }
    }

    // MARK: The text of an error

    private enum Failure: Error {
        case connectionReset
        case rejected(String)
        case answered(status: Int, body: String)
        case nested(Inner)
    }

    private struct Inner {
        var message = "the deadline exceeded"
        var answer = "not found"
    }

    private struct ReadTimeoutError: Error {}

    private struct HTTPForbiddenError: Error {}

    private struct Structured: Error {
        var answer = "bad request, unauthorized"
        var huge = [Int](repeating: 429, count: 9)
        var code: String?
        var reason: Failure?
        var status: Int?
    }

    @Test(
        "what an error says about itself",
        arguments: [
            (Failure.connectionReset, ErrorClass.transient), (Failure.rejected("rate limit"), .rateLimited),
            (Failure.answered(status: 503, body: "not found"), .overloaded), (Failure.nested(Inner()), .timeout),
            (ReadTimeoutError(), .timeout), (HTTPForbiddenError(), .authentication),
            (Structured(code: "overloaded_error"), .overloaded), (Structured(reason: .connectionReset), .transient),
            (Structured(status: 429), .rateLimited), (Structured(), .unknown),
            (Described(description: "broken pipe"), .transient), (UnknownError(number: 429), .unknown),
        ] as [(any Error, ErrorClass)])
    func texts(error: any Error, errorClass: ErrorClass) {
        #expect(ErrorClassifier.llm.classify(error).errorClass == errorClass)
        #expect(ErrorClassifier.default.classify(error).errorClass == .unknown)
    }

    @Test func aTextNeverMakesACallCountAsNotSent() {
        let classification = ErrorClassifier.llm.classify(Described(description: "connection refused"))
        #expect(classification == ErrorClassification(.transient, isConnection: true))
    }

    @Test(
        "a text tells whether it was the connection that failed",
        arguments: [
            ("connection reset by peer", true), ("read: ECONNRESET", true), ("internal server error", false),
            ("the read timed out", false), ("HTTP 502: connection reset by peer", false),
        ])
    func connections(text: String, isConnection: Bool) {
        for classifier in [ErrorClassifier.llm, .network] {
            #expect(classifier.classify(Described(description: text)).isConnection == isConnection)
        }
    }

    @Test(arguments: [("server closed the connection unexpectedly", true), ("deadlock detected", false)])
    func connectionsToDatabases(text: String, isConnection: Bool) {
        let classification = ErrorClassifier.database.classify(Described(description: text))
        #expect(classification == ErrorClassification(.transient, isConnection: isConnection))
    }
}
