import Testing

struct DiagnosticTests {
    /// One mistake: the attributes and the function, and what is said about it.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let source: String
        let messages: [String]

        init(_ source: String, _ messages: String...) {
            self.source = source
            self.messages = messages
        }

        var testDescription: String { source }
    }

    static let signatures = [
        Mistake("@Retry func f() throws {}", "1:1: error: @Retry needs a function that is 'async throws'"),
        Mistake("@Retry func f() async {}", "1:1: error: @Retry needs a function that is 'async throws'"),
        Mistake("@Retry func f() {}", "1:1: error: @Retry needs a function that is 'async throws'"),
        Mistake(
            "@Retry func f(_ g: () async throws -> Void) async rethrows {}",
            "1:1: error: @Retry cannot decorate a function that rethrows, because a policy may refuse a call"),
        Mistake(
            "@Retry func f() async throws(Never) {}",
            "1:1: error: @Retry cannot decorate a function that throws nothing, because a policy may refuse a call"),
        Mistake("@Retry func f() async throws", "1:1: error: @Retry needs a function with a body"),
        Mistake(
            "protocol P { @Retry func f() async throws }",
            "1:14: error: @Retry has no body to decorate here: write it on the functions that implement the requirement"
        ),
        Mistake(
            "@Retry func f(_ x: consuming Buffer) async throws {}",
            "1:1: error: @Retry cannot decorate a function that consumes the parameter 'x': its body may run again"),
        Mistake(
            "struct S { @Retry consuming func f() async throws {} }",
            "1:12: error: @Retry cannot decorate a function that consumes self: its body may run again"),
        Mistake(
            "struct S { @Timeout(.seconds(1)) mutating func f() async throws {} }",
            "1:12: error: @Timeout runs the body in a child task, which cannot change self: take it off the mutating method,"
                + " or limit the call inside"),
        Mistake(
            "@Hedged(after: .seconds(1)) func f(_ x: inout Int) async throws {}",
            "1:1: error: @Hedged runs the body in a child task, which cannot change the inout parameter 'x'"),
        Mistake(
            "struct S { @Resilient(\"p\") mutating func f() async throws {} }",
            "1:12: error: @Resilient may run the body in a child task, which cannot change self: name a pipeline that does"
                + " not, with 'inTask:'"),
        Mistake("struct S { @Resilient(inTask: \"p\") mutating func f() async throws {} }"),
        Mistake(
            "struct S { @Retry init() async throws {} }",
            "1:12: error: @Retry decorates functions, not an initializer: move the call into an async throws function"),
        Mistake(
            "class C { @Retry deinit {} }",
            "1:11: error: @Retry decorates functions, not a deinitializer: move the call into an async throws function"),
        Mistake(
            "struct S { var x: Int { @Retry get async throws { 1 } } }",
            "1:25: error: @Retry decorates functions, not an accessor: move the call into an async throws function"),
        Mistake(
            """
            #if DEBUG
            @CircuitBreaker("a")
            #endif
            @Retry func f() async throws {}
            """,
            "2:1: error: @CircuitBreaker cannot be composed inside #if: put the whole function inside"),
    ]

    static let arguments = [
        Mistake(
            "@Retry(maxAttempts: 0) func f() async throws {}",
            "1:21: error: @Retry cannot work: maxAttempts is 0; allowed is 1 or more"),
        Mistake(
            "@Retry(initialDelay: .seconds(-1), multiplier: 0.5) func f() async throws {}",
            "1:22: error: @Retry cannot work: initialDelay is .seconds(-1); allowed is 0 or more",
            "1:48: error: @Retry cannot work: multiplier is 0.5; allowed is 1 or more"),
        Mistake(
            "@Retry(totalTimeLimit: .zero, jitter: .proportional(1.5)) func f() async throws {}",
            "1:24: error: @Retry cannot work: totalTimeLimit is .zero; allowed is more than 0",
            "1:39: error: @Retry cannot work: jitter is 1.5; allowed is 0.0 to 1.0"),
        Mistake(
            "@CircuitBreaker(\"a\", failureThreshold: 0) func f() async throws {}",
            "1:40: error: @CircuitBreaker cannot work: failureThreshold is 0; allowed is 1 to 1000000"),
        Mistake(
            "@CircuitBreaker(\"a\", failureThreshold: 5, windowSize: 4) func f() async throws {}",
            "1:40: error: @CircuitBreaker cannot work: failureThreshold is 5; allowed is 1 to 4, the windowSize"),
        Mistake(
            "@CircuitBreaker(\"a\", failureThreshold: 5, successRateThreshold: 1.0) func f() async throws {}",
            "1:65: error: @CircuitBreaker cannot work: successRateThreshold is 1.0; allowed is 0 up to but not including 1"
        ),
        Mistake(
            "@CircuitBreaker(\" \") func f() async throws {}",
            "1:17: error: @CircuitBreaker needs a name that is not empty"),
        Mistake(
            "@RateLimited(\"a\", limit: 0, per: Duration.milliseconds(0)) func f() async throws {}",
            "1:26: error: @RateLimited cannot work: limit is 0; allowed is 1 or more",
            "1:34: error: @RateLimited cannot work: per is Duration.milliseconds(0); allowed is more than 0"),
        Mistake(
            "@Bulkhead(limit: 1_000_001) func f() async throws {}",
            "1:18: error: @Bulkhead cannot work: limit is 1_000_001; allowed is 1 to 1000000"),
        Mistake(
            "@Timeout(.seconds(0)) func f() async throws {}",
            "1:10: error: @Timeout cannot work: the limit is .seconds(0); allowed is more than 0"),
        Mistake(
            "@Hedged(after: .zero, maxHedges: 11) func f() async throws {}",
            "1:34: error: @Hedged cannot work: maxHedges is 11; allowed is 1 to 10"),
        Mistake(
            "@Resilient(inTask: \"\") func f() async throws {}",
            "1:20: error: @Resilient needs a name that is not empty"),
    ]

    static let repetitions = [
        Mistake(
            "@Retry(.llm) @Retry func f() async throws {}",
            "1:14: error: @Retry stands here twice, so that the attempts multiply; keep one of them"),
        Mistake(
            "@CircuitBreaker(\"a\") @CircuitBreaker(\"a\", .llm) func f() async throws {}",
            "1:22: error: @CircuitBreaker stands here twice with the name \"a\", so that each call passes it twice; keep one"
                + " of them"),
        Mistake(
            "@Bulkhead(limit: 1) @Bulkhead(limit: 2) func f() async throws {}",
            "1:21: error: @Bulkhead stands here twice without a name of its own; keep one of them or give them different"
                + " names"),
        Mistake("@CircuitBreaker(\"a\") @CircuitBreaker(\"b\") func f() async throws {}"),
        Mistake("@Timeout(.seconds(2)) @Retry @Timeout(.seconds(1)) func f() async throws {}"),
    ]

    static let fallbacks = [
        Mistake(
            "@Fallback(returning: 1) func f() async throws {}",
            "1:22: error: @Fallback has nothing to return in place of Void: name a function with 'to:'"),
        Mistake(
            "@Fallback(to: f) func f() async throws -> Int { 1 }",
            "1:15: error: @Fallback cannot fall back to the function itself"),
        Mistake(
            "@Fallback(to: g(_:)) func f() async throws -> Int { 1 }",
            "1:15: error: @Fallback needs a function with as many parameters as this one has, 0"),
        Mistake(
            "@Fallback(to: { 1 }) func f() async throws -> Int { 1 }",
            "1:15: error: @Fallback needs the name of a function"),
        Mistake(
            "@Fallback(to: g) func f(_ x: Int...) async throws -> Int { 1 }",
            "1:15: error: @Fallback cannot hand on the variadic parameter 'x'"),
        Mistake(
            "@Fallback(to: g) func f(_: Int) async throws -> Int { 1 }",
            "1:15: error: @Fallback cannot hand on a parameter without a name"),
        Mistake(
            "struct S { @Fallback(to: S.f) func f() async throws -> Int { 1 } }",
            "1:26: error: @Fallback cannot fall back to the function itself"),
        Mistake(
            "@Fallback(to: g) func f<each T>(_ x: repeat each T) async throws -> Int { 1 }",
            "1:15: error: @Fallback cannot hand on the parameter pack 'x'"),
        Mistake("@Fallback(to: g) func f<each T>(_ x: (repeat each T)) async throws -> Int { 1 }"),
        Mistake("struct S { @Fallback(to: Other.f) func f() async throws -> Int { 1 } }"),
        Mistake("@Fallback(to: f(x:)) func f(_ x: Int) async throws -> Int { 1 }"),
    ]

    static let shadows = [
        Mistake(
            "@Retry(standard) func f(standard: Int) async throws {}",
            "1:8: error: @Retry cannot use a name that the parameter 'standard' hides inside the function: rename one of"
                + " the two"),
        Mistake(
            "@Timeout(.seconds(limits[0].value)) func f(of limits: [Int]) async throws {}",
            "1:10: error: @Timeout cannot use a name that the parameter 'limits' hides inside the function: rename one of"
                + " the two"),
        Mistake(
            "@Retry(retryOn: [Failure.self]) func f<Failure>(_ x: Failure) async throws {}",
            "1:17: error: @Retry cannot use a name that the generic parameter 'Failure' hides inside the function: rename"
                + " one of the two"),
        Mistake(
            "struct S { @Fallback(to: S.cached) func f(cached: Int) async throws -> Int { 1 } }",
            "1:26: error: @Fallback cannot use a name that the parameter 'cached' hides inside the function: rename one of"
                + " the two"),
        Mistake(
            "@Fallback(to: \"cached\") func f(cached: Int) async throws -> Int { 1 }",
            "1:15: error: @Fallback cannot use a name that the parameter 'cached' hides inside the function: rename one of"
                + " the two"),
        Mistake("@Retry(standard) func f(standard x: Int) async throws {}"),
        Mistake("@Retry(Presets.standard) func f(standard: Int) async throws {}"),
        Mistake("@Fallback(to: Other.cached) func f(cached: Int) async throws -> Int { 1 }"),
        Mistake("@Retry(classifier: .init { error in judge(error) }) func f(error: any Error) async throws {}"),
        Mistake(
            "@Retry(classifier: .init { (error: any Error) in x(error) }) func f(error: any Error) async throws {}"),
    ]

    static let orders = [
        Mistake(
            "@CircuitBreaker(\"a\") @Retry func f() async throws {}",
            "1:1: warning: @CircuitBreaker stands above @Retry, so that it judges only the last attempt and cannot stop the"
                + " others; move it below"),
        Mistake(
            "@RateLimited(\"a\") @CircuitBreaker(\"a\") func f() async throws {}",
            "1:1: warning: @RateLimited stands above @CircuitBreaker, so that calls which the breaker refuses use its"
                + " permits; move it below"),
        Mistake(
            "@Throttled @Retry func f() async throws {}",
            "1:1: warning: @Throttled stands above @Retry, so that it counts a call with all its attempts once; move it"
                + " below"),
        Mistake(
            "@Hedged(after: .seconds(1)) @Retry func f() async throws {}",
            "1:1: warning: @Hedged stands above @Retry, so that their attempts multiply; keep one of them"),
        Mistake(
            "@Retry @Fallback(returning: 1) func f() async throws -> Int { 1 }",
            "1:1: warning: @Retry stands above @Fallback, so that it sees the alternative instead of the failure; move it"
                + " below"),
        Mistake(
            "@Timeout(.seconds(2)) @Timeout(.milliseconds(2_000)) func f() async throws {}",
            "1:1: warning: @Timeout is not longer than the @Timeout below it, which never fires then; make that one shorter"
        ),
        Mistake(
            "@Retry @Timeout(.seconds(2)) @Bulkhead(limit: 1) func f() async throws {}",
            "1:30: warning: @Bulkhead stands below the @Timeout of each attempt, so that waiting in its queue counts as a"
                + " time-out of the service; move it above"),
        Mistake(
            "@Bulkhead(limit: 1) @Timeout(.seconds(2), mode: .abandoning(maxRunning: 9)) func f() async throws {}",
            "1:1: warning: @Bulkhead stands above a @Timeout that abandons the body, so that it gives the place away while"
                + " that goes on; move it below, without a queue"),
        Mistake("@Bulkhead(limit: 1) @Timeout(.seconds(2), mode: .structured) func f() async throws {}"),
        Mistake("@Retry @Timeout(.seconds(2)) @Bulkhead(limit: 1, maxWait: .zero) func f() async throws {}"),
        Mistake("@Timeout(.seconds(2)) @Retry @CircuitBreaker(\"a\") @Bulkhead(\"a\") func f() async throws {}"),
    ]

    @Test(arguments: signatures) func theSignatureMustFit(mistake: Mistake) {
        #expect(diagnostics(of: mistake.source) == mistake.messages)
    }

    @Test(arguments: arguments) func literalsThatCanNeverBeValid(mistake: Mistake) {
        #expect(diagnostics(of: mistake.source) == mistake.messages)
    }

    @Test(arguments: repetitions) func decoratorsThatStandTwice(mistake: Mistake) {
        #expect(diagnostics(of: mistake.source) == mistake.messages)
    }

    @Test(arguments: fallbacks) func alternativesThatCannotBeCalled(mistake: Mistake) {
        #expect(diagnostics(of: mistake.source) == mistake.messages)
    }

    @Test(arguments: shadows) func namesThatMeanSomethingElseInside(mistake: Mistake) {
        #expect(diagnostics(of: mistake.source) == mistake.messages)
    }

    @Test(arguments: signatures + arguments + repetitions + fallbacks + shadows)
    func everyMistakeHasAFixIt(mistake: Mistake) {
        #expect(mistakesWithoutFixIt(in: mistake.source).isEmpty)
    }

    @Test(arguments: orders) func ordersThatAreKnownToBeWrong(mistake: Mistake) {
        #expect(diagnostics(of: mistake.source) == mistake.messages)
    }
}
