public import Logging
public import Metrics
public import SageResilience
import Synchronization

/// Sends finished spans to an OpenTelemetry collector, in batches, by OTLP over HTTP with JSON.
///
/// ```swift
/// let configuration = try OTLPConfiguration(endpoint: "http://127.0.0.1:4318", serviceName: "shop")
/// let exporter = try OTLPExporter(configuration) { request in
///     try await collector.send(request)
/// }
/// ```
///
/// Who ends a span is never held up: it is put into a queue, and dropped and counted when that is full. A collector
/// that is away or overloaded (429, 502, 503, 504) is tried again with growing waits, at least as long as it asks for;
/// what it does not take then is lost and counted, and a line of the log says so, at most one a minute. The counter
/// `sage_otlp_spans_total` has the label `result`: `exported`, `dropped` (no place in the queue), `failed` (the
/// collector was away) or `rejected` (the collector refused them). Thread-safe.
public final class OTLPExporter: Sendable {
    private struct State: Sendable {
        var queue: SpanQueue
        var counts = SpanCounts()
        /// When the log was last told of a loss.
        var lastComplaint: Moment?
        /// What was lost since then.
        var unreported = 0
    }

    /// How it exports.
    public let configuration: OTLPConfiguration
    private let send: OTLPSend
    private let encoder: TraceEncoder
    private let retry: RetryPolicy
    private let limit: TimeLimiter
    private let lastExportLimit: TimeLimiter
    private let timeline: Timeline
    private let logger: Logger?
    private let counters: [SpanFate: Counter]
    private let state: Mutex<State>
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    /// The shortest time between two lines about losses.
    private static let complaintInterval: Int64 = 60_000_000_000

    /// Creates an exporter, which sends nothing until it is run.
    ///
    /// - Parameters:
    ///   - configuration: Where to export to, and how.
    ///   - logger: Takes a line when spans are lost. Defaults to nobody.
    ///   - factory: Where its counters go. Defaults to the backend of the process.
    ///   - clock: Measures intervals and waits. Defaults to `ContinuousClock`.
    ///   - random: Spreads the waits between tries. Defaults to the system's generator.
    ///   - send: Sends a request with the HTTP client of the program.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        _ configuration: OTLPConfiguration, logger: Logger? = nil, factory: (any MetricsFactory)? = nil,
        clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system, send: @escaping OTLPSend
    ) throws(ConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.send = send
        self.logger = logger
        encoder = TraceEncoder(resource: configuration.resource, scope: "sage")
        retry = RetryPolicy(
            "otlp",
            try RetryConfiguration(
                maxAttempts: 5,
                backoff: .exponential(initialDelay: .seconds(1), multiplier: 2, maxDelay: .seconds(10), jitter: .full),
                maxServerHint: .seconds(30)),
            clock: clock, random: random)
        limit = try TimeLimiter("otlp", configuration.timeout, clock: clock)
        lastExportLimit = try TimeLimiter("otlp-shutdown", configuration.shutdownTimeout, clock: clock)
        timeline = Timeline(clock)
        let factory = factory ?? MetricsSystem.factory
        counters = Dictionary(
            uniqueKeysWithValues: SpanFate.allCases.map { fate in
                let dimensions = [("result", fate.rawValue)]
                return (fate, Counter(label: "sage_otlp_spans_total", dimensions: dimensions, factory: factory))
            })
        state = Mutex(State(queue: SpanQueue(capacity: configuration.maxQueueLength)))
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How many spans went where so far.
    public var counts: SpanCounts { state.withLock { $0.counts } }

    /// How many spans wait for their export.
    public var queued: Int { state.withLock { $0.queue.count } }

    /// Exports at each interval and whenever a batch is full, until the task is cancelled; then exports what is left,
    /// for as long as `shutdownTimeout` allows.
    ///
    /// To be called once. It has the form of a service of swift-service-lifecycle.
    public func run() async {
        let timeline = timeline
        let (interval, waker) = (configuration.interval.saturatingNanoseconds, waker)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await timeline.sleep(nanoseconds: interval)) != nil { waker.yield() }
            }
            for await _ in wakes {
                guard await exportQueued() else { break }
            }
            group.cancelAll()
        }
        waker.finish()
        // In a task of its own, because this one is cancelled and could send nothing.
        let last = Task { _ = try? await lastExportLimit.execute { _ = await self.exportQueued() } }
        await last.value
        abandonRest()
    }

    /// Has what is queued exported soon.
    func wake() {
        waker.yield()
    }

    /// Takes a span that has ended.
    func record(_ span: FinishedSpan) {
        let isBatchFull: Bool? = state.withLock { state in
            guard state.queue.append(span) else { return nil }
            return state.queue.count == configuration.maxBatchLength
        }
        guard let isBatchFull else { return complain(.dropped, 1, "the queue is full") }
        if isBatchFull { waker.yield() }
    }

    /// Exports batch after batch.
    ///
    /// - Returns: False when the task was cancelled; what was not exported is in the queue again.
    private func exportQueued() async -> Bool {
        while true {
            let batch = state.withLock { $0.queue.take(configuration.maxBatchLength) }
            guard !batch.isEmpty else { return true }
            guard !Task.isCancelled else {
                putBack(batch)
                return false
            }
            do {
                let rejected = min(batch.count, try await export(batch))
                note(.exported, batch.count - rejected)
                if rejected > 0 { complain(.rejected, rejected, "the collector refused a part of a request") }
            } catch {
                guard !Task.isCancelled else {
                    putBack(batch)
                    return false
                }
                complain((error as? OTLPExportError)?.isRefusal == true ? .rejected : .failed, batch.count, "\(error)")
            }
        }
    }

    /// Sends one batch, as often as it takes.
    ///
    /// - Returns: How many of its spans the collector refused.
    private func export(_ batch: ArraySlice<FinishedSpan>) async throws -> Int {
        let fields = configuration.headers.filter { $0.key.lowercased() != "content-type" }.sorted { $0.key < $1.key }
        let request = OTLPRequest(
            url: configuration.tracesURL,
            headers: [("content-type", "application/json")] + fields.map { ($0.key, $0.value) },
            body: encoder.encode(batch), timeout: configuration.timeout)
        return try await retry.execute {
            let response: OTLPResponse
            do {
                response = try await limit.execute { [send] in try await send(request) }
            } catch {
                throw OTLPExportError(error)
            }
            guard (200..<300).contains(response.status) else { throw OTLPExportError(response) }
            return ExportReply.rejected(in: response.body)
        }
    }

    /// Counts what cannot be exported any more.
    private func abandonRest() {
        let rest = state.withLock { $0.queue.take(.max).count }
        if rest > 0 { complain(.failed, rest, "the exporter was stopped before they could be sent") }
    }

    private func putBack(_ batch: ArraySlice<FinishedSpan>) {
        let lost = state.withLock { $0.queue.putBack(batch) }
        if lost > 0 { complain(.dropped, lost, "the queue is full") }
    }

    private func note(_ fate: SpanFate, _ amount: Int) {
        state.withLock { $0.counts.add(amount, fate) }
        counters[fate]?.increment(by: amount)
    }

    /// Counts spans that are lost, and tells it in the log unless it was told lately.
    private func complain(_ fate: SpanFate, _ amount: Int, _ reason: String) {
        note(fate, amount)
        let now = timeline.now
        let lost: Int? = state.withLock { state in
            state.unreported += amount
            if let last = state.lastComplaint, now.elapsed(since: last) < Self.complaintInterval { return nil }
            state.lastComplaint = now
            defer { state.unreported = 0 }
            return state.unreported
        }
        guard let lost else { return }
        logger?.warning("spans are lost", metadata: ["spans": .stringConvertible(lost), "reason": .string(reason)])
    }
}
