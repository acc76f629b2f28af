import NIOCore
import Synchronization
import Testing

@testable import SageGateway

struct LogOutputTests {
    private final class Sink: Sendable {
        let writes = Mutex<[String]>([])

        func take(_ bytes: borrowing [UInt8]) {
            let text = String(decoding: copy bytes, as: UTF8.self)
            writes.withLock { $0.append(text) }
        }

        var all: [String] { writes.withLock { $0 } }
    }

    private let sink = Sink()

    @Test func linesThatWaitAreWrittenTogetherAndInOrder() {
        let output = LogOutput(delay: .hours(1)) { [sink] in sink.take($0) }
        for number in 1...3 { output.add(Array("line \(number)".utf8)) }
        #expect(sink.all.isEmpty)
        output.flush()
        #expect(sink.all == ["line 1\nline 2\nline 3\n"])
        output.flush()
        #expect(sink.all.count == 1)
        output.add(Array("line 4".utf8))
        output.flush()
        #expect(sink.all == ["line 1\nline 2\nline 3\n", "line 4\n"])
    }

    @Test func linesBeyondTheLimitAreDroppedAndCounted() {
        let output = LogOutput(limit: 20, delay: .hours(1)) { [sink] in sink.take($0) }
        for _ in 0..<5 { output.add(Array("12345678".utf8)) }
        output.flush()
        #expect(
            sink.all == ["12345678\n12345678\n3 lines of the log were dropped: its reader is too slow\n"])
        output.add(Array("12345678".utf8))
        output.flush()
        #expect(sink.all.last == "12345678\n")
    }

    @Test func linesAreWrittenByThemselvesAfterTheDelay() async {
        let (written, continuation) = AsyncStream.makeStream(of: String.self)
        let output = LogOutput(delay: .milliseconds(1)) { bytes in
            continuation.yield(String(decoding: copy bytes, as: UTF8.self))
        }
        output.add(Array("line".utf8))
        var iterator = written.makeAsyncIterator()
        #expect(await iterator.next() == "line\n")
    }
}
