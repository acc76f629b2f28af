public import Synchronization

/// Finds out how many calls a service can take at the same time, and refuses the others at once.
///
/// ```swift
/// let limiter = AdaptiveLimiter("openai", try AdaptiveLimiterConfiguration(initialLimit: 20, maxLimit: 200))
/// let reply = try await limiter.execute { try await client.chat(request) }
/// ```
///
/// A success says that the limit may be a little higher, a sign of overload that it must be lower. Signs of overload
/// are the classes ``ErrorClass/rateLimited``, ``ErrorClass/overloaded`` and ``ErrorClass/timeout`` of the provider.
/// Everything else changes nothing: what the caller cancelled, what another policy refused, and errors that say nothing
/// about the load. Neither does a success while less than half of the limit is in use; nor a result of a call that
/// was admitted before the limit last came down: calls that fail together lower the limit once.
///
/// *Language models.* How long a call takes depends mostly on how much the model writes. Prefer
/// ``AdaptiveLimiterConfiguration/Algorithm/aimd(backoffRatio:)``, which measures no time, or hold a permit and call
/// ``SharedPermit/stopTiming()`` at the first token.
///
/// *Partitions.* Each has a guaranteed share of the limit and may use more while the total is below the limit. A
/// partition that uses its share later may bring the total above it for a while, as in Netflix's concurrency-limits.
///
/// There is no queue: put a ``Bulkhead`` around it where calls should wait. Thread-safe; a call takes no lock but at
/// the end of a window, and reads the clock only with
/// ``AdaptiveLimiterConfiguration/Algorithm/gradient(_:)``.
public final class AdaptiveLimiter: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// How the limit is learned.
    public let configuration: AdaptiveLimiterConfiguration

    @usableFromInline package let timeline: Timeline
    @usableFromInline let measuresTime: Bool
    /// How many calls make a window; zero is as many as the limit.
    @usableFromInline let fixedWindow: Int
    @usableFromInline let load: Atomic<UInt64>
    @usableFromInline let window = Atomic<UInt64>(0)
    /// The most calls in flight in the present window, where that is not known from the calls that count.
    private let mostInFlight = Atomic(0)
    let rejected = Atomic(0)
    /// When something was learned last, in nanoseconds.
    let lastChange = Atomic<Int64>(0)
    let partitions: [Partition]
    private let partitionPlaces: [String: Int]
    private let machine: Mutex<StateMachine>
    private let emitter: EventEmitter?

    /// Creates a limiter with its initial limit.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - configuration: How the limit is learned. Defaults to ``AdaptiveLimiterConfiguration/default``.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - listener: Hears ``ResilienceEvent/Kind/adaptiveLimiterChanged(from:to:)`` and
    ///     ``ResilienceEvent/Kind/adaptiveLimiterRejected(_:)``. Defaults to nobody.
    public init(
        _ name: String, _ configuration: AdaptiveLimiterConfiguration = .default,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.emitter = EventEmitter.make(PolicyIdentity(.adaptiveLimiter, name), listener)
        if case .gradient = configuration.algorithm { measuresTime = true } else { measuresTime = false }
        self.fixedWindow = configuration.window ?? 0
        self.partitions = configuration.partitions.sorted { $0.key < $1.key }
            .map { Partition(name: $0.key, share: $0.value) }
        self.partitionPlaces = Dictionary(uniqueKeysWithValues: zip(partitions.map(\.name), partitions.indices))
        let machine = StateMachine(configuration)
        self.load = Atomic(Load(inFlight: 0, limit: machine.limit, generation: machine.generation).word)
        self.machine = Mutex(machine)
    }

    /// The most calls in flight at present.
    public var limit: Int { Load(word: load.load(ordering: .relaxed)).limit }

    /// Runs an operation if the limiter admits it, and learns from how it ended.
    ///
    /// - Parameters:
    ///   - partition: The partition to which the call belongs; nil, and a name that the configuration does not have,
    ///     is none: the call then has no guaranteed share.
    ///   - operation: Runs on the caller's executor; may use the state of the caller's actor.
    /// - Throws: ``AdaptiveLimiterError`` when the call was refused, else the operation's own error, unchanged.
    @inlinable
    public func execute<Result, Failure: Error>(
        partition: String? = nil, _ operation: () async throws(Failure) -> Result
    ) async throws -> Result {
        let ticket = try admit(partition: partition)
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
    /// - Parameter partition: The partition to which the call belongs; nil is none.
    /// - Returns: A permit to be ended by `succeed`, `fail` or `ignore`; dropping it ignores the call.
    /// - Throws: ``AdaptiveLimiterError`` when the call is refused.
    public func acquire(partition: String? = nil) throws(AdaptiveLimiterError) -> Permit {
        Permit(limiter: self, ticket: try admit(partition: partition))
    }

    /// ``acquire(partition:)`` without the error.
    public func tryAcquire(partition: String? = nil) -> Permit? {
        guard let ticket = try? admit(partition: partition) else { return nil }
        return Permit(limiter: self, ticket: ticket)
    }

    // MARK: Calls

    /// Admits one call.
    @inlinable
    package func admit(partition: String? = nil) throws(AdaptiveLimiterError) -> Ticket {
        if partition == nil, let ticket = takePlace(-1) { return ticket }
        return try admit(toPartition: partition)
    }

    @usableFromInline
    func admit(toPartition name: String?) throws(AdaptiveLimiterError) -> Ticket {
        if let name, let place = partitionPlaces[name] {
            let partition = partitions[place]
            if let ticket = takePlace(Int16(truncatingIfNeeded: place)) {
                partition.enter()
                return ticket
            }
            if partition.enterWithinShare(of: limit) {
                let load = Load(word: load.add(1, ordering: .acquiring).newValue)
                return ticket(load, Int16(truncatingIfNeeded: place))
            }
        } else if let ticket = takePlace(-1) {
            return ticket
        }
        rejected.add(1, ordering: .relaxed)
        emitter?.emit(.adaptiveLimiterRejected(.concurrencyLimited))
        throw AdaptiveLimiterError(policyName: self.name, limit: limit)
    }

    /// Takes a place if fewer calls than the limit are in flight.
    @inlinable
    func takePlace(_ partition: Int16) -> Ticket? {
        var present = load.load(ordering: .relaxed)
        while Load(word: present).inFlight < Load(word: present).limit {
            let (exchanged, original) = load.weakCompareExchange(
                expected: present, desired: present + 1, successOrdering: .acquiring, failureOrdering: .relaxed)
            if exchanged { return ticket(Load(word: present + 1), partition) }
            present = original
        }
        return nil
    }

    @inlinable
    func ticket(_ load: Load, _ partition: Int16) -> Ticket {
        Ticket(
            generation: load.generation, inFlight: load.inFlight, partition: partition,
            startedAt: measuresTime ? timeline.now : .zero)
    }

    /// The ticket of a call that is about to reach the service only now, after a wait that is not the service's doing.
    package func restartTiming(of ticket: Ticket) -> Ticket {
        guard measuresTime else { return ticket }
        return Ticket(
            generation: ticket.generation, inFlight: Int(ticket.inFlight), partition: ticket.partition,
            startedAt: timeline.now)
    }

    /// Records that the service did its work.
    ///
    /// - Parameter timedUntil: When the call's duration ended; nil is now.
    @inlinable
    package func recordSuccess(_ ticket: Ticket, timedUntil: Moment? = nil) {
        let before = leave(ticket)
        guard ticket.generation == before.generation else { return }
        if measuresTime { return recordTimedSuccess(ticket, timedUntil) }
        // The limit is not tested by a call that finds less than half of it in use.
        guard Int(ticket.inFlight) * 2 >= before.limit else { return }
        let calls = Window(word: window.add(Window.oneUntimed.word, ordering: .relaxed).newValue).calls
        if calls >= (fixedWindow > 0 ? fixedWindow : before.limit) { learn(Int(ticket.inFlight)) }
    }

    @usableFromInline
    func recordTimedSuccess(_ ticket: Ticket, _ timedUntil: Moment?) {
        let duration = (timedUntil ?? timeline.now).elapsed(since: ticket.startedAt)
        let inFlight = Int(ticket.inFlight)
        // Seldom a new maximum, so seldom a write.
        if inFlight > mostInFlight.load(ordering: .relaxed) { mostInFlight.max(inFlight, ordering: .relaxed) }
        let calls = Window(word: window.add(Window(nanoseconds: duration).word, ordering: .relaxed).newValue).calls
        if calls >= windowSize { learn(inFlight) }
    }

    /// Records an error: as a sign of overload if the classifier says so, unless the caller cancelled the task.
    @usableFromInline
    package func recordFailure(_ ticket: Ticket, _ error: any Error) {
        leave(ticket)
        guard let classification = configuration.classifier.verdict(on: error), classification.fault == .provider
        else { return }
        switch classification.errorClass {
        case .rateLimited, .overloaded, .timeout:
            change { $0.drop(generation: ticket.generation, inFlight: Int(ticket.inFlight)) }
        default: break
        }
    }

    /// Gives the call's place back and learns nothing.
    package func release(_ ticket: Ticket) {
        leave(ticket)
    }

    /// - Returns: The load before.
    @inlinable
    @discardableResult
    func leave(_ ticket: Ticket) -> Load {
        if ticket.partition >= 0 { leavePartition(ticket.partition) }
        return Load(word: load.subtract(1, ordering: .releasing).oldValue)
    }

    @usableFromInline
    func leavePartition(_ place: Int16) {
        partitions[Int(place)].leave()
    }

    // MARK: Learning

    var currentMachine: StateMachine { machine.withLock { $0 } }

    private var windowSize: Int {
        fixedWindow > 0 ? fixedWindow : measuresTime ? max(10, limit) : limit
    }

    /// Learns from a window that is complete, unless somebody else has done so.
    @usableFromInline
    func learn(_ inFlight: Int) {
        change { machine in
            guard Window(word: window.load(ordering: .relaxed)).calls >= windowSize else { return }
            let complete = Window(word: window.exchange(0, ordering: .relaxed))
            let most = mostInFlight.exchange(0, ordering: .relaxed)
            machine.learn(
                LimitSample(inFlight: max(most, inFlight), duration: measuresTime ? complete.duration : 0))
        }
    }

    /// Changes what is known, and publishes the limit that follows from it.
    private func change(_ body: (inout StateMachine) -> Void) {
        lastChange.store(timeline.now.nanoseconds, ordering: .relaxed)
        machine.withLock { machine in
            let (limit, generation) = (machine.limit, machine.generation)
            body(&machine)
            if machine.limit != limit { emitter?.enqueue(.adaptiveLimiterChanged(from: limit, to: machine.limit)) }
            guard machine.limit != limit || machine.generation != generation else { return }
            if machine.generation != generation {
                // What was counted belongs to the generation before.
                window.store(0, ordering: .relaxed)
                mostInFlight.store(0, ordering: .relaxed)
            }
            var present = load.load(ordering: .relaxed)
            while true {
                let next = Load(
                    inFlight: Load(word: present).inFlight, limit: machine.limit, generation: machine.generation)
                let (exchanged, original) = load.weakCompareExchange(
                    expected: present, desired: next.word, successOrdering: .acquiringAndReleasing,
                    failureOrdering: .relaxed)
                if exchanged { return }
                present = original
            }
        }
        emitter?.deliver()
    }
}
