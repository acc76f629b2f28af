import Logging
import SageLLM
import Synchronization
import Testing

@testable import SageGateway

struct AccessLineTests {
    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])

        func add(_ line: [UInt8]) { all.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }

        /// The lines without their times.
        var texts: [Substring] {
            all.withLock { lines in
                lines.map { line in line.firstRange(of: #""level""#).map { line[$0.lowerBound...] } ?? "no level" }
            }
        }
    }

    private static let least = AccessRecord(
        requestID: "req_1", model: "", outcome: .cancelled, status: 499, isStream: false, attempts: 0, fallbacks: 0,
        nanoseconds: 0, upstreamNanoseconds: 0, overheadNanoseconds: 0)

    private static func record(_ change: (inout AccessRecord) -> Void) -> AccessRecord {
        var record = least
        change(&record)
        return record
    }

    @Test(arguments: [
        least,
        record {
            $0.route = "/v1/chat/completions"
            $0.key = "team \"a\""
            $0.model = "smart\nmodel"
            $0.target = "a/m"
            $0.outcome = .success
            $0.status = 200
            $0.isStream = true
            $0.attempts = 12
            $0.fallbacks = 3
            $0.usage = TokenCounts(prompt: 1, completion: 20, total: 21)
            $0.nanoseconds = 12_345_678_901
            $0.upstreamNanoseconds = 1_000_000
            $0.overheadNanoseconds = 50_000
            $0.firstTokenNanoseconds = 1_100_000
            $0.errorCode = .upstreamError
            $0.error = "it said \\ no"
        },
        record {
            $0.outcome = .clientError
            $0.target = "b/n"
            $0.usage = TokenCounts(prompt: nil, completion: 0, total: nil)
            $0.nanoseconds = 9_999
            $0.upstreamNanoseconds = 10_000
            $0.overheadNanoseconds = -1_234_567
            $0.firstTokenNanoseconds = 99_999_999
        },
    ])
    func aLineIsTheOneThatALoggerWouldWrite(record: AccessRecord) throws {
        let direct = Lines()
        JSONLogHandler(label: "sage", write: direct.add).log(record)
        let logged = Lines()
        let logger = Logger(label: "sage") { JSONLogHandler(label: $0, write: logged.add) }
        logger.log(level: record.level, "request", metadata: record.metadata)
        #expect(direct.texts == logged.texts)
        #expect(direct.texts.count == 1)
    }

    @Test(arguments: [false, true])
    func whatALoggerAddsStaysInTheLine(hasMetadata: Bool) throws {
        let lines = Lines()
        var logger = Logger(label: "sage") { JSONLogHandler(label: $0, write: lines.add) }
        if hasMetadata { logger[metadataKey: "zone"] = "b" }
        AccessLog(logger).write(Self.least)
        let line = try #require(lines.texts.first)
        #expect(line.contains(#""zone":"b""#) == hasMetadata)
        #expect(line.contains(#""request_id":"req_1""#))
    }

    @Test func aLineBeginsWithItsTime() throws {
        var line: [UInt8] = []
        LogTime.writeNow(to: &line)
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(text)")
    }

    @Test(arguments: [(0, 1, "0"), (7, 3, "007"), (1_234, 3, "1234"), (-5, 1, "-5"), (Int.min, 1, "\(Int.min)")])
    func numbersAreDecimal(number: Int, width: Int, text: String) {
        var line = Array("x".utf8)
        line.append(decimal: number, width: width)
        #expect(String(decoding: line, as: UTF8.self) == "x\(text)")
    }
}
