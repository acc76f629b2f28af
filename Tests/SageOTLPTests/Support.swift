import Foundation
import Logging
import Metrics
import SageOTLP
import SageResilience
import SageTesting
import Synchronization
import Tracing

/// A collector that remembers what it was sent and answers as told.
final class Collector: Sendable {
    enum Answer: Sendable {
        case response(OTLPResponse)
        case noAnswer
        case never
    }

    private struct State: Sendable {
        var requests: [OTLPRequest] = []
        var answers: [Answer] = []
        var waiters: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// - Parameter answers: The answers to the first requests; the others are taken.
    init(_ answers: [Answer] = []) {
        state.withLock { $0.answers = answers }
    }

    var requests: [OTLPRequest] { state.withLock { $0.requests } }

    /// The spans of all requests, checked for form.
    func spans() throws -> [[String: Any]] {
        try requests.flatMap { try CollectorParser.spans(in: $0.body) }
    }

    func send(_ request: OTLPRequest) async throws -> OTLPResponse {
        let (answer, woken): (Answer, [CheckedContinuation<Void, Never>]) = state.withLock { state in
            state.requests.append(request)
            let answer = state.answers.isEmpty ? .response(OTLPResponse(status: 200)) : state.answers.removeFirst()
            let woken = state.waiters.filter { $0.count <= state.requests.count }.map(\.1)
            state.waiters.removeAll { $0.count <= state.requests.count }
            return (answer, woken)
        }
        for waiter in woken { waiter.resume() }
        switch answer {
        case .response(let response): return response
        case .noAnswer: throw Unreachable()
        case .never:
            // Nobody moves this clock: it ends when the task is cancelled.
            try await TestClock().sleep(for: .seconds(1))
            throw Unreachable()
        }
    }

    func waitForRequests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.requests.count < count else { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    struct Unreachable: Error, CustomStringConvertible {
        var description: String { "http://user:secret@collector" }
    }
}

extension OTLPExporter {
    static func make(
        _ collector: Collector, clock: TestClock = TestClock(), logger: Logger? = nil,
        factory: any MetricsFactory = NOOPMetricsHandler.instance,
        _ change: (inout OTLPConfiguration) -> Void = { _ in }
    ) throws -> OTLPExporter {
        var configuration = try OTLPConfiguration(endpoint: "http://127.0.0.1:4318", serviceName: "shop")
        change(&configuration)
        return try OTLPExporter(
            configuration, logger: logger, factory: factory, clock: clock, random: .constant(0.5), send: collector.send)
    }

    /// Runs the exporter until the body has come back, and until everything is exported.
    func whileRunning(_ body: () async throws -> Void) async rethrows {
        let running = Task { await run() }
        do {
            try await body()
        } catch {
            running.cancel()
            await running.value
            throw error
        }
        running.cancel()
        await running.value
    }
}

extension OTLPTracer {
    static func make(
        _ exporter: OTLPExporter, sampler: SpanSampler = .always, limits: SpanLimits = .default
    ) -> OTLPTracer {
        OTLPTracer(exporter, sampler: sampler, limits: limits, random: .seeded(7))
    }

    /// Begins and ends spans.
    func finish(_ count: Int, named name: String = "span") {
        for _ in 0..<count { startSpan(name, context: .topLevel).end() }
    }
}

/// Lines of a log.
struct Lines: LogHandler {
    final class Storage: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    let storage: Storage
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        storage.add("\(event.level) \(event.message)\(facts)")
    }

    static func make() -> (Logger, Storage) {
        let storage = Storage()
        return (Logger(label: "test") { _ in Lines(storage: storage) }, storage)
    }
}
