import HTTPTypes
import Logging
import SageLLM
import SageResilience
import SageTelemetry
import Synchronization
import TestSupport
import Testing

@testable import SageGateway

struct LoggingTests {
    // MARK: JSON

    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func line(_ log: (inout Logger) -> Void) throws -> JSONValue {
        let lines = Lines()
        var logger = Logger(label: "sage") { label in
            JSONLogHandler(label: label) { line in
                lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        }
        log(&logger)
        let text = try #require(lines.all.withLock { $0.first })
        #expect(!text.contains("\n"))
        return try JSONValue(parsing: Array(text.utf8))
    }

    @Test func lineIsOneObject() throws {
        let line = try line { logger in
            logger[metadataKey: "own"] = "o"
            logger.notice(
                "request",
                metadata: [
                    "text": "a\"b\nc", "number": .stringConvertible(7), "share": .stringConvertible(0.5),
                    "flag": .stringConvertible(true), "list": ["x", "y"], "members": ["k": "v"],
                    "big": .stringConvertible(UInt64.max), "nan": .stringConvertible(Double.nan),
                ])
        }
        #expect(line["level"] == "notice")
        #expect(line["message"] == "request")
        #expect(line["logger"] == "sage")
        #expect(line["time"]?.stringValue?.hasSuffix("Z") == true)
        #expect(line["own"] == "o")
        #expect(line["text"] == "a\"b\nc")
        #expect(line["number"] == 7)
        #expect(line["share"] == 0.5)
        #expect(line["flag"] == true)
        #expect(line["list"] == ["x", "y"])
        #expect(line["members"] == ["k": "v"])
        #expect(line["big"]?.intValue == Int.max)
        #expect(line["nan"] == .null)
    }

    @Test func textLineBeginsWithTheMessageAndQuotesWhatNeedsIt() throws {
        let lines = Lines()
        var logger = Logger(label: "sage") { _ in
            TextLogHandler { line in lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        }
        logger[metadataKey: "own"] = "o"
        logger.warning("first\nline", metadata: ["b": "two words", "a": "1", "c": "x=\"y\"\n", "d": ""])
        let line = try #require(lines.all.withLock { $0.first })
        #expect(line.hasSuffix(#"Z WARNING  first line a=1 b="two words" c="x=\"y\"\n" d="" own=o"#))
    }

    @Test func metadataCannotPoseAsTheLineItself() throws {
        let line = try line { $0.info("true message", metadata: ["message": "false", "level": "x", "time": "y"]) }
        #expect(line["message"] == "true message")
        #expect(line["level"] == "info")
        #expect(line["metadata.message"] == "false")
    }

    // MARK: Policies

    @Test func openingIsAWarningWithItsFactsAndWithoutSecrets() async throws {
        let log = LogRecorder()
        let transport = ScriptedTransport(.error(500, "secret prompt secret-key-of-a"))
        let fixture = try RelayFixture([("a", transport)], listener: LogListener(log.logger))
        let request = try fixture.request([.init("x-sage-no-retry")!: "true"])
        for _ in 0..<4 { await #expect(throws: GatewayError.self) { try await fixture.answer(request) } }
        let opening = try #require(log.entries.first { $0["to"] == "open" })
        #expect(opening.level == .warning)
        #expect(opening.message == "circuit breaker opened")
        #expect(opening["name"] == "a/m")
        #expect(opening["from"] == "closed")
        #expect(opening["failures"] == "3")
        #expect(opening["error_class"] == "transient")
        #expect(opening["retry_after_ms"] != nil)
        let refusal = try #require(log.entries.last)
        #expect(refusal.level == .debug)
        #expect(refusal.message == "circuit breaker refused a call")
        #expect(!log.entries.description.contains("secret"))
    }

    @Test func whatIsBelowTheLevelIsNotEvenBuilt() {
        let log = LogRecorder()
        var logger = log.logger
        logger.logLevel = .warning
        let breaker = CircuitBreaker("b", .llm, listener: LogListener(logger))
        breaker.open(for: .seconds(1))
        _ = breaker.tryAcquire() == nil
        breaker.reset()
        #expect(log.entries.map(\.message) == ["circuit breaker opened"])
    }

    // MARK: Requests

    @Test func requestIsOneLine() throws {
        let log = LogRecorder()
        let report = RequestReport(id: "req_1", logger: log.logger)
        report.update {
            $0.model = "smart"
            $0.target = "a/m"
            $0.attempts = 2
        }
        let error = GatewayError(.circuitOpen, "m")
        report.end(.init(error), status: error.status, error: error)
        report.end(.success, status: 200)
        #expect(log.entries.count == 1)
        let line = try #require(log.entries.first)
        #expect(line.message == "request")
        #expect(line["request_id"] == "req_1")
        #expect(line["outcome"] == "policy_rejected")
        #expect(line["status"] == "503")
        #expect(line["attempts"] == "2")
        #expect(line["error_code"] == "circuit_open")
    }

    @Test(
        arguments: [
            (.invalidRequest, .clientError), (.unauthorized, .clientError), (.modelNotFound, .clientError),
            (.requestTooLarge, .clientError), (.circuitOpen, .policyRejected), (.overloaded, .policyRejected),
            (.interrupted, .policyRejected), (.rateLimited, .policyRejected), (.upstreamError, .providerError),
            (.upstreamTruncated, .providerError), (.deadlineExceeded, .providerError),
            (.quotaExhausted, .providerError),
        ] as [(GatewayError.Code, RequestReport.Outcome)])
    func outcomeOfAnError(code: GatewayError.Code, outcome: RequestReport.Outcome) {
        #expect(RequestReport.Outcome(GatewayError(code, "m")) == outcome)
    }
}
