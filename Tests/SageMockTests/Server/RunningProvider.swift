import Synchronization

@testable import SageMock

/// A clock on which no time has to pass: each sleep ends at once and is written down.
final class RecordingClock: Clock {
    struct Instant: InstantProtocol {
        var offset = Duration.zero
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.offset < rhs.offset }
    }

    private let slept = Mutex<[Duration]>([])
    var sleeps: [Duration] { slept.withLock { $0 } }
    var now: Instant { Instant() }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        slept.withLock { $0.append(deadline.offset) }
    }
}

/// Runs a provider on a free port around a test, and cancels it afterwards.
func withProvider<Result: Sendable>(
    _ script: String = "[]",
    clock: RecordingClock = RecordingClock(),
    onRequestEnded: @escaping @Sendable (RequestRecord) -> Void = { _ in },
    _ body: @escaping @Sendable (RawClient) async throws -> Result
) async throws -> Result {
    let script = try FaultScript(parsing: script)
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { continuation.finish() }
            let configuration = MockProvider.Configuration(port: 0, script: script)
            try await MockProvider(configuration, clock: clock, onRequestEnded: onRequestEnded) {
                continuation.yield($0)
            }.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await group.waitForAll()
            throw CancellationError()
        }
        let result = try await body(RawClient(port: port))
        group.cancelAll()
        // A provider that does not end when it is cancelled makes the test hang here.
        try await group.waitForAll()
        return result
    }
}
