import SageResilience
import SageTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BulkheadTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func bulkhead(
        _ limit: Int, maxQueued: Int = 100, maxWait: Duration = .seconds(60), ageing: Duration = .seconds(1)
    ) throws -> Bulkhead {
        Bulkhead(
            "test",
            try BulkheadConfiguration(limit: limit, maxQueued: maxQueued, maxWait: maxWait, ageing: ageing),
            clock: clock, listener: recorder)
    }

    /// Starts calls that find a place, one after the other.
    private func enter(_ count: Int, _ bulkhead: Bulkhead) async throws -> [GuardedCall] {
        var calls: [GuardedCall] = []
        for _ in 0..<count {
            calls.append(GuardedCall { try await bulkhead.execute($0) })
            try await calls[calls.count - 1].isInside()
        }
        return calls
    }

    /// Starts calls that have to wait, each after the one before it sleeps in the queue.
    private func queueUp(_ priorities: [CallPriority?], _ bulkhead: Bulkhead) async -> [GuardedCall] {
        var calls: [GuardedCall] = []
        for priority in priorities {
            let waiting = clock.pendingDeadlines.count
            calls.append(GuardedCall { try await bulkhead.execute(priority: priority, $0) })
            await clock.waitForSleepers(waiting + 1)
        }
        return calls
    }

    private func rejection(_ call: GuardedCall) async -> RejectionReason? {
        await #expect(throws: BulkheadError.self) { try await call.task.value }?.reason
    }

    // MARK: Conformance

    /// Case 44, first half; cockatiel's bulkhead test.
    @Test func twoRunTwoWaitAndTheFifthIsRefused() async throws {
        let bulkhead = try bulkhead(2, maxQueued: 2)
        let order = Locked<[Int]>([])
        var calls: [GuardedCall] = []
        for index in 0..<4 {
            calls.append(
                GuardedCall { operation in
                    try await bulkhead.execute {
                        order.update { $0.append(index) }
                        try await operation()
                    }
                })
            if index < 2 { try await calls[index].isInside() } else { await clock.waitForSleepers(index - 1) }
        }
        let error = await #expect(throws: BulkheadError.self) { try await bulkhead.execute { Issue.record("ran") } }
        #expect(error == BulkheadError(policyName: "test", reason: .queueFull))
        // One place at a time: of two calls that are let in together either may note its turn first.
        for index in 0..<2 {
            try await calls[index].finish()
            try await calls[index + 2].isInside()
        }
        for call in calls.suffix(2) { try await call.finish() }
        #expect(order.value == [0, 1, 2, 3])
        let snapshot = bulkhead.snapshot()
        #expect(snapshot.available == 2)
        #expect(snapshot.rejected == 1)
        #expect(snapshot.waited == 2)
    }

    /// Case 44, second half; failsafe #393: timed-out waiters took the permits with them.
    @Test func timedOutWaitersSwallowNoPermit() async throws {
        let bulkhead = try bulkhead(8, maxWait: .seconds(1))
        let inside = try await enter(8, bulkhead)
        let waiting = await queueUp(Array(repeating: nil, count: 8), bulkhead)
        clock.advance(by: .seconds(1))
        for call in waiting { #expect(await rejection(call) == .waitTooLong) }
        for call in inside { try await call.finish() }
        #expect(bulkhead.snapshot().available == 8)
        #expect(bulkhead.snapshot().timedOut == 8)
        for call in try await enter(8, bulkhead) { try await call.finish() }
        #expect(bulkhead.isEvictable)
    }

    // MARK: Waiting

    @Test func theMoreImportantGoFirst() async throws {
        let bulkhead = try bulkhead(1)
        let first = try await enter(1, bulkhead)[0]
        let calls = await queueUp([.low, nil, .critical, .high], bulkhead)
        #expect(bulkhead.snapshot().queuedByPriority == [.low: 1, .normal: 1, .high: 1, .critical: 1])
        clock.advance(by: .milliseconds(500))
        try await first.finish()
        for index in [2, 3, 1, 0] {
            try await calls[index].isInside()
            #expect(bulkhead.snapshot().inFlight == 1)
            try await calls[index].finish()
        }
        #expect(bulkhead.snapshot().totalWait == .seconds(2))
        #expect(bulkhead.snapshot().averageWait == .milliseconds(500))
        #expect(bulkhead.snapshot().longestWait == .milliseconds(500))
        let waits = recorder.kinds.compactMap {
            if case .bulkheadWaited(_, let priority) = $0 { priority } else { nil }
        }
        #expect(waits == [.critical, .high, .normal, .low])
    }

    @Test func thePriorityOfTheContextCountsUnlessOneIsGiven() async throws {
        let bulkhead = try bulkhead(1)
        let first = try await enter(1, bulkhead)[0]
        let waiting = await CallContext.with(priority: .high) { await queueUp([nil, .low], bulkhead) }
        #expect(bulkhead.snapshot().queuedByPriority == [.low: 1, .normal: 0, .high: 1, .critical: 0])
        try await first.finish()
        for call in waiting { try await call.finish() }
    }

    @Test func aFullQueueShedsTheLeastImportant() async throws {
        let bulkhead = try bulkhead(1, maxQueued: 2)
        let first = try await enter(1, bulkhead)[0]
        let calls = await queueUp([.low, .low], bulkhead)
        let important = GuardedCall { try await bulkhead.execute(priority: .high, $0) }
        #expect(await rejection(calls[1]) == .displaced)
        try await first.finish()
        try await important.isInside()
        try await important.finish()
        try await calls[0].finish()
        let snapshot = bulkhead.snapshot()
        #expect(snapshot.displaced == 1)
        #expect(snapshot.rejected == 1)
        #expect(snapshot.available == 1)
        guard case .bulkheadRejected(.displaced, .low) = recorder.kinds.first else {
            Issue.record("\(recorder.kinds)")
            return
        }
    }

    @Test(arguments: [
        (Duration.zero, RejectionReason.concurrencyLimited), (.seconds(-1), .concurrencyLimited),
        (.nanoseconds(1), .queueFull), (.seconds(Int64.max), .queueFull),
    ])
    func whoCannotWaitIsRefusedAtOnce(maxWait: Duration, reason: RejectionReason) async throws {
        let bulkhead = try bulkhead(1, maxQueued: 0)
        let permit = try await bulkhead.acquire(maxWait: maxWait)
        let error = await #expect(throws: BulkheadError.self) {
            try await bulkhead.execute(priority: .low, maxWait: maxWait) { Issue.record("ran") }
        }
        #expect(error?.reason == reason)
        #expect(error?.retryAfter == nil)
        permit.release()
        #expect(bulkhead.snapshot().rejected == 1)
        #expect(bulkhead.snapshot().available == 1)
        guard case .bulkheadRejected(reason, .low) = recorder.kinds.first else {
            Issue.record("\(recorder.kinds)")
            return
        }
    }

    @Test(arguments: [
        (Duration.seconds(2), Duration.seconds(2), RejectionReason.deadlineExceeded),
        (.seconds(9), .seconds(5), .waitTooLong),
    ])
    func nobodyWaitsBeyondTheDeadline(left: Duration, wait: Duration, reason: RejectionReason) async throws {
        let bulkhead = try bulkhead(1, maxWait: .seconds(5))
        let first = try await enter(1, bulkhead)[0]
        let waiting = await CallContext.with(deadline: .after(left, clock: clock)) {
            await queueUp([nil], bulkhead)[0]
        }
        #expect(clock.pendingDeadlines == [TestClock.Instant(offset: wait)])
        clock.advance(by: wait)
        #expect(await rejection(waiting) == reason)
        try await first.finish()
        #expect(bulkhead.snapshot().available == 1)
    }

    @Test func aDeadlineThatHasPassedRefusesWhoWouldWait() async throws {
        let bulkhead = try bulkhead(1)
        let permit = try await bulkhead.acquire()
        await CallContext.with(deadline: .after(.zero, clock: clock)) {
            let error = await #expect(throws: BulkheadError.self) { try await bulkhead.execute {} }
            #expect(error?.reason == .deadlineExceeded)
        }
        permit.release()
    }

    @Test func withAnEndlessWaitNobodySleeps() async throws {
        let bulkhead = try bulkhead(1, maxQueued: 1, maxWait: .seconds(Int64.max))
        let permit = try await bulkhead.acquire()
        let patient = GuardedCall { try await bulkhead.execute(priority: .low, $0) }
        // Takes the place in the queue whether it comes before or after the other.
        let important = GuardedCall { try await bulkhead.execute(priority: .high, $0) }
        #expect(await [.displaced, .queueFull].contains(rejection(patient)))
        #expect(clock.pendingDeadlines.isEmpty)
        permit.release()
        try await important.finish()
        #expect(bulkhead.snapshot().available == 1)
    }

    // MARK: Cancellation

    @Test func aCancelledTaskDoesNotQueueUp() async throws {
        let bulkhead = try bulkhead(1)
        let permit = try await bulkhead.acquire()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await bulkhead.execute { Issue.record("ran") }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(bulkhead.snapshot().queued == 0)
        permit.release()
        #expect(bulkhead.isEvictable)
    }

    @Test func aCancelledWaiterGivesItsPlaceBack() async throws {
        let bulkhead = try bulkhead(1)
        let first = try await enter(1, bulkhead)[0]
        let calls = await queueUp([nil, nil, nil, nil], bulkhead)
        for index in [0, 2] {
            calls[index].task.cancel()
            await #expect(throws: CancellationError.self) { try await calls[index].task.value }
        }
        #expect(bulkhead.snapshot().queued == 2)
        try await first.finish()
        for index in [1, 3] { try await calls[index].finish() }
        #expect(bulkhead.snapshot().cancelled == 2)
        #expect(bulkhead.snapshot().available == 1)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    /// The waiting call cannot run on before both have happened, because its actor is busy with them.
    @Test func aCallThatIsCancelledAsItIsGrantedGivesThePlaceBack() async throws {
        let bulkhead = try bulkhead(1)
        let permit = try await bulkhead.acquire().shared()
        let office = Office()
        let task = Task { try await office.call(bulkhead) }
        await clock.waitForSleepers(1)
        await office.release(permit, andCancel: task)
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await office.calls == 0)
        let snapshot = bulkhead.snapshot()
        #expect(snapshot.available == 1)
        #expect(snapshot.waited == 1, "the grant came first")
        #expect(snapshot.cancelled == 0)
    }

    /// Every call ends exactly once, and all permits come back, whatever comes first.
    @Test(arguments: 0..<60)
    func cancellationGrantAndTimeOutMayRace(round: Int) async throws {
        let bulkhead = try bulkhead(2, maxWait: .seconds(1))
        let permits = [try await bulkhead.acquire().shared(), try await bulkhead.acquire().shared()]
        let ran = Locked(0)
        let tasks = (0..<6).map { index in
            Task {
                try await bulkhead.execute(priority: index % 2 == 0 ? .low : .high) { ran.update { $0 += 1 } }
            }
        }
        await clock.waitForSleepers(6)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for task in tasks.prefix(3) { task.cancel() } }
            group.addTask { for permit in permits { permit.release() } }
            if round % 2 == 0 { group.addTask { [clock] in clock.advance(by: .seconds(1)) } }
        }
        var ended = 0
        for task in tasks {
            if case .success = await task.result { ended += 1 }
        }
        let snapshot = bulkhead.snapshot()
        #expect(ran.value == ended)
        #expect(snapshot.available == 2)
        #expect(snapshot.queued == 0)
        #expect(snapshot.waited >= ended)
        #expect(snapshot.waited + snapshot.timedOut + snapshot.cancelled == 6, "each was told once")
        #expect(clock.pendingDeadlines.isEmpty)
    }

    // MARK: Permits

    @Test func theOperationKeepsItsResultAndItsError() async throws {
        let bulkhead = try bulkhead(1)
        #expect(try await bulkhead.execute { 42 } == 42)
        await #expect(throws: UnknownError(number: 7)) {
            try await bulkhead.execute { throw UnknownError(number: 7) }
        }
        #expect(bulkhead.snapshot().available == 1)
        #expect(recorder.kinds.isEmpty)
    }

    @Test func whoEntersAgainWaitsInVainButLeaksNothing() async throws {
        let bulkhead = try bulkhead(1, maxWait: .seconds(1))
        let task = Task { try await bulkhead.execute { try await bulkhead.execute { Issue.record("ran") } } }
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(1))
        let error = await #expect(throws: BulkheadError.self) { try await task.value }
        #expect(error?.reason == .waitTooLong)
        #expect(bulkhead.snapshot().available == 1)
    }

    @Test func aPermitIsGivenBackOnceHoweverItEnds() async throws {
        let bulkhead = try bulkhead(3)
        do {
            let dropped = try await bulkhead.acquire()
            let shared = try await bulkhead.acquire().shared()
            let released = try await bulkhead.acquire()
            #expect(!bulkhead.admits())
            #expect(bulkhead.snapshot().inFlight == 3)
            released.release()
            shared.release()
            shared.release()
            #expect(bulkhead.snapshot().inFlight == 1)
            _ = consume dropped
        }
        #expect(bulkhead.snapshot().inFlight == 0)
        _ = try await bulkhead.acquire().shared()
        #expect(bulkhead.snapshot().inFlight == 0)
        #expect(bulkhead.snapshot().rejected == 1)
    }

    @Test func nobodyOvertakesThoseWhoWait() async throws {
        let bulkhead = try bulkhead(1)
        let first = try await enter(1, bulkhead)[0]
        let waiting = await queueUp([.low], bulkhead)[0]
        #expect(!bulkhead.admits())
        try await first.finish()
        #expect(!bulkhead.admits(), "the place went to who waited")
        try await waiting.finish()
    }

    // MARK: The limit

    @Test func aHigherLimitLetsWaitingCallsIn() async throws {
        let bulkhead = try bulkhead(1)
        let first = try await enter(1, bulkhead)
        let calls = await queueUp([nil, nil, nil], bulkhead)
        try bulkhead.resize(to: 3)
        for call in calls.prefix(2) { try await call.isInside() }
        #expect(bulkhead.snapshot().inFlight == 3)
        #expect(bulkhead.snapshot().queued == 1)
        #expect(!bulkhead.isEvictable)
        for call in first + calls { try await call.finish() }
        #expect(bulkhead.snapshot().available == 3)
        #expect(!bulkhead.isEvictable, "a new one would have the configured limit")
        try bulkhead.resize(to: 1)
        #expect(bulkhead.isEvictable)
    }

    @Test func aLowerLimitInterruptsNobody() async throws {
        let bulkhead = try bulkhead(3)
        let calls = try await enter(3, bulkhead)
        try bulkhead.resize(to: 1)
        #expect(bulkhead.snapshot().inFlight == 3)
        #expect(bulkhead.snapshot().available == 0)
        for call in calls.prefix(2) {
            try await call.finish()
            #expect(!bulkhead.admits())
        }
        try await calls[2].finish()
        #expect(bulkhead.snapshot().available == 1)
    }

    // MARK: Pipelines

    @Test func aPipelineAsksBeforeItWaits() async throws {
        let bulkhead = try bulkhead(1)
        guard case .admitted = bulkhead.admit() else { throw UnknownError() }
        guard case .mustWait = bulkhead.admit() else { throw UnknownError() }
        guard case .rejected(let error) = bulkhead.admit(mayWait: false) else { throw UnknownError() }
        #expect(error.reason == .concurrencyLimited)
        #expect(bulkhead.snapshot().inFlight == 1)
        let task = Task { try await bulkhead.enter() }
        await clock.waitForSleepers(1)
        bulkhead.leave()
        #expect(try await task.value, "it has waited")
        bulkhead.leave()
        #expect(try await bulkhead.enter() == false)
        bulkhead.leave()
        #expect(bulkhead.isEvictable)
        let hasty = try self.bulkhead(1, maxWait: .zero)
        guard case .admitted = hasty.admit() else { throw UnknownError() }
        guard case .rejected = hasty.admit() else { throw UnknownError() }
    }
}

private actor Office {
    private(set) var calls = 0

    func call(_ bulkhead: Bulkhead) async throws {
        try await bulkhead.execute { calls += 1 }
    }

    func release(_ permit: Bulkhead.SharedPermit, andCancel task: Task<Void, any Error>) {
        permit.release()
        task.cancel()
    }
}

extension Bulkhead {
    /// Whether a call would find a place at once; it gives it back.
    fileprivate func admits() -> Bool {
        guard let permit = tryAcquire() else { return false }
        permit.release()
        return true
    }
}
