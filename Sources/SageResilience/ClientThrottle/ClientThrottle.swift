public import Synchronization

/// Refuses a share of the calls by itself while the service refuses many, so that an overloaded service need not
/// spend its time on refusals.
///
/// ```swift
/// let throttle = ClientThrottle("openai", .llm)
/// let reply = try await throttle.execute { try await client.chat(request) }
/// ```
///
/// The adaptive throttling of Google's SRE book: over a window, calls are let through up to K times those that the
/// service accepted, and beyond that refused by chance with ``ClientThrottleConfiguration/rejectionProbability(requests:accepts:)``.
/// Calls that are refused here count as requests too, so that the share grows while callers insist. There are no
/// states and no pauses: some calls always go through, and as soon as they are accepted the share falls.
///
/// A call is *accepted* when it succeeds or fails by the caller's own fault; it is not when the service is overloaded,
/// limits the rate, has used up the quota, breaks off, times out or fails in an unknown way. What the caller cancelled
/// and what an inner policy refused does not count at all.
///
/// Thread-safe, without a lock as long as nothing is refused; one instance guards one service, for all its callers.
public final class ClientThrottle: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// When calls are refused.
    public let configuration: ClientThrottleConfiguration

    @usableFromInline package let timeline: Timeline
    private let random: RandomSource
    private let emitter: EventEmitter?
    @usableFromInline let acceptsMultiplier: Double
    @usableFromInline let countsPendingCalls: Bool

    /// All buckets; what is in `current` belongs to the newest one and is put there when it ends.
    private let window: Mutex<ThrottleWindow>
    /// A ``ThrottleWord`` of the newest bucket.
    @usableFromInline let current: Atomic<UInt64>
    /// When the newest bucket ends, in nanoseconds.
    @usableFromInline let bucketEnd: Atomic<Int64>
    /// The bits of the excess of requests over allowed ones in `window`; written under its lock.
    @usableFromInline let pastExcess: Atomic<UInt64>
    private let pastRequests = Atomic<Int>(0)
    private let pastAccepts = Atomic<Int>(0)
    private let rejected = Atomic<Int>(0)

    /// Creates a throttle that has counted nothing.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - configuration: When calls are refused. Defaults to ``ClientThrottleConfiguration/default``.
    ///   - clock: The clock of the window. Defaults to `ContinuousClock`.
    ///   - random: Decides which calls are refused. Defaults to the system's generator.
    ///   - listener: Hears ``ResilienceEvent/Kind/clientThrottleRejected(probability:)``. Defaults to nobody.
    public init(
        _ name: String,
        _ configuration: ClientThrottleConfiguration = .default,
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.random = random
        self.emitter = EventEmitter.make(PolicyIdentity(.clientThrottle, name), listener)
        self.acceptsMultiplier = configuration.acceptsMultiplier
        self.countsPendingCalls = configuration.countsPendingCalls
        let window = ThrottleWindow(
            length: configuration.window.saturatingNanoseconds, buckets: configuration.buckets, now: timeline.now)
        self.current = Atomic(0)
        self.bucketEnd = Atomic(window.end.nanoseconds)
        self.pastExcess = Atomic(Double.zero.bitPattern)
        self.window = Mutex(window)
    }

    /// Runs an operation unless the call is refused, and records how it ended.
    ///
    /// - Parameter operation: Runs on the caller's executor; may use the state of the caller's actor.
    /// - Throws: ``ClientThrottleError`` when the call was refused, else the operation's own error, unchanged.
    @inlinable
    public func execute<Result, Failure: Error>(
        _ operation: () async throws(Failure) -> Result
    ) async throws -> Result {
        let ticket = try admit(now: timeline.now)
        do {
            let result = try await operation()
            recordSuccess(ticket)
            return result
        } catch {
            recordFailure(ticket, error)
            throw error
        }
    }

    /// Asks for the right to make one call whose result is known later, for example at the end of a stream.
    ///
    /// - Returns: A permit to be ended by `succeed`, `fail` or `ignore`; dropping it ignores the call.
    /// - Throws: ``ClientThrottleError`` when the call is refused.
    public func acquire() throws(ClientThrottleError) -> Permit {
        Permit(throttle: self, ticket: try admit(now: timeline.now))
    }

    /// ``acquire()`` without the error.
    public func tryAcquire() -> Permit? {
        guard let ticket = try? admit(now: timeline.now) else { return nil }
        return Permit(throttle: self, ticket: ticket)
    }

    /// What the throttle has counted, and how much it refuses.
    public func snapshot() -> Snapshot {
        rotate(to: timeline.now)
        let counts = window.withLock { window in
            var counts = window.totals
            counts.add(ThrottleWord(current.load(ordering: .relaxed)).counts)
            return counts
        }
        return Snapshot(
            name: name, requests: max(0, counts.requests), accepts: counts.accepts,
            rejected: rejected.load(ordering: .relaxed),
            rejectionProbability: configuration.rejectionProbability(
                requests: counts.requests, accepts: counts.accepts))
    }

    // MARK: Calls

    /// Admits or refuses one call.
    ///
    /// - Parameter now: The present; it decides in which bucket the call counts.
    @inlinable
    package func admit(now: Moment) throws(ClientThrottleError) -> Ticket {
        var end = bucketEnd.load(ordering: .acquiring)
        if now.nanoseconds >= end { end = rotate(to: now) }
        // What was counted before this call decides about it.
        let word =
            countsPendingCalls
            ? current.add(ThrottleWord.request, ordering: .relaxed).oldValue : current.load(ordering: .relaxed)
        let counted = ThrottleWord(word)
        let excess = counted.excess(acceptsMultiplier) + Double(bitPattern: pastExcess.load(ordering: .relaxed))
        if excess > 0 || counted.isNearlyFull { try judge(counted) }
        return Ticket(bucketEnd: end)
    }

    /// Records that the service accepted the call.
    @inlinable
    package func recordSuccess(_ ticket: Ticket) {
        count(countsPendingCalls ? ThrottleWord.accept : ThrottleWord.request | ThrottleWord.accept, for: ticket)
    }

    /// Records an error by what the classifier says about it, unless the caller cancelled the task.
    @usableFromInline
    package func recordFailure(_ ticket: Ticket, _ error: any Error) {
        guard let classification = configuration.classifier.verdict(on: error) else { return release(ticket) }
        switch configuration.outcome(of: classification) {
        case .success: recordSuccess(ticket)
        case .failure: if !countsPendingCalls { count(ThrottleWord.request, for: ticket) }
        case .ignored: release(ticket)
        }
    }

    /// Takes the call back: it says nothing about the service.
    package func release(_ ticket: Ticket) {
        guard countsPendingCalls else { return }
        let end = Moment(nanoseconds: ticket.bucketEnd)
        window.withLock { window in
            // Beyond the window the call is forgotten already.
            guard window.holdsBucket(endingAt: end) else { return }
            window.add(ThrottleCounts(requests: -1), toBucketEndingAt: end)
            publish(window)
        }
    }

    // MARK: Counting

    @inlinable
    func count(_ amount: UInt64, for ticket: Ticket) {
        // A bucket that ends between the look and the count gets the call one bucket too late, which is harmless; no
        // call is lost or counted twice.
        if ticket.bucketEnd == bucketEnd.load(ordering: .acquiring) {
            current.add(amount, ordering: .relaxed)
        } else {
            countLate(amount, for: ticket)
        }
    }

    @usableFromInline
    func countLate(_ amount: UInt64, for ticket: Ticket) {
        window.withLock { window in
            window.add(
                ThrottleWord(amount).counts, toBucketEndingAt: Moment(nanoseconds: ticket.bucketEnd))
            publish(window)
        }
    }

    /// Ends the newest bucket if its time is over.
    ///
    /// - Returns: When the newest bucket ends now.
    @usableFromInline
    @discardableResult
    func rotate(to now: Moment) -> Int64 {
        window.withLock { window in
            if now >= window.end {
                fold(into: &window)
                window.advance(to: now)
                publish(window)
                bucketEnd.store(window.end.nanoseconds, ordering: .releasing)
            }
            return window.end.nanoseconds
        }
    }

    /// Moves what was counted without the lock to the newest bucket.
    private func fold(into window: inout ThrottleWindow) {
        let word = ThrottleWord(current.exchange(0, ordering: .relaxed))
        window.add(word.counts, toBucketEndingAt: window.end)
    }

    private func publish(_ window: borrowing ThrottleWindow) {
        let totals = window.totals
        pastRequests.store(totals.requests, ordering: .relaxed)
        pastAccepts.store(totals.accepts, ordering: .relaxed)
        let excess = Double(totals.requests) - acceptsMultiplier * Double(totals.accepts)
        pastExcess.store(excess.bitPattern, ordering: .relaxed)
    }

    /// Decides about a call at a time when calls may be refused.
    @usableFromInline
    func judge(_ counted: ThrottleWord) throws(ClientThrottleError) {
        if counted.isNearlyFull {
            // One call in two thousand million goes through unjudged.
            return window.withLock { window in
                fold(into: &window)
                publish(window)
            }
        }
        let counts = counted.counts
        let normal = configuration.rejectionProbability(
            requests: counts.requests.addingSaturating(pastRequests.load(ordering: .relaxed)),
            accepts: counts.accepts.addingSaturating(pastAccepts.load(ordering: .relaxed)))
        guard normal > 0 else { return }
        let probability = configuration.rejectionProbability(
            for: configuration.honorsPriority ? CallContext.current.priority : .normal, normal: normal)
        guard probability > 0, random.unitInterval() < probability else { return }
        if !countsPendingCalls { current.add(ThrottleWord.request, ordering: .relaxed) }
        rejected.add(1, ordering: .relaxed)
        emitter?.emit(.clientThrottleRejected(probability: probability))
        throw ClientThrottleError(policyName: name, probability: probability)
    }
}

extension ClientThrottle: Evictable {
    /// Whether the window holds no call.
    public var isEvictable: Bool { snapshot().requests == 0 }
}
