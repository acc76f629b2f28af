import SageResilience
import SageTesting
import Synchronization
import Testing

/// Many tasks and one bulkhead; meant for the thread sanitizer as well.
@Suite(.timeLimit(.minutes(1)))
struct BulkheadConcurrencyTests {
    @Test(arguments: [1, 3])
    func neverHasMoreInFlightThanTheLimit(limit: Int) async throws {
        let bulkhead = Bulkhead(
            "bulkhead", try BulkheadConfiguration(limit: limit, maxWait: .seconds(1_000)), clock: TestClock())
        let (inside, most, done) = (Locked(0), Locked(0), Locked(0))
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<300 {
                        try? await bulkhead.execute(priority: CallPriority(rawValue: (task + round) % 4)) {
                            let now = inside.update { count in
                                count += 1
                                return count
                            }
                            most.update { $0 = max($0, now) }
                            // Somebody else's turn, so that others find the place taken.
                            if round % 3 == 0 { await Task.detached {}.value }
                            inside.update { $0 -= 1 }
                        }
                        done.update { $0 += 1 }
                    }
                }
            }
        }
        #expect(most.value >= 1 && most.value <= limit)
        #expect(done.value == 2_400)
        let snapshot = bulkhead.snapshot()
        #expect(snapshot.rejected == 0)
        #expect(snapshot.available == limit)
        #expect(bulkhead.isEvictable)
    }

    @Test func everythingAtOnceLosesNoPermitAndNoCall() async throws {
        let (clock, recorder) = (TestClock(), EventRecorder())
        let bulkhead = Bulkhead(
            "bulkhead",
            try BulkheadConfiguration(limit: 3, maxQueued: 3, maxWait: .milliseconds(2), ageing: .microseconds(500)),
            clock: clock, listener: recorder)
        let ended = Locked((admitted: 0, refused: 0, cancelled: 0))
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for round in 0..<200 {
                        let call = Task {
                            try await bulkhead.execute(priority: CallPriority(rawValue: (worker + round) % 4)) {
                                await Task.detached {}.value
                            }
                        }
                        if (worker &* 7 + round) % 5 == 0 { call.cancel() }
                        clock.advance(by: .microseconds(100))
                        if worker == 0, round % 20 == 0 { try? bulkhead.resize(to: 1 + round / 20 % 5) }
                        if worker == 1, let permit = bulkhead.tryAcquire() { permit.release() }
                        // Whoever waits while all others have ended is released by the clock.
                        let driver = Task {
                            while !Task.isCancelled {
                                await clock.nextTimerScheduled()
                                clock.advance(by: .milliseconds(1))
                            }
                        }
                        let result = await call.result
                        driver.cancel()
                        await driver.value
                        ended.update { counts in
                            switch result {
                            case .success: counts.admitted += 1
                            case .failure(is BulkheadError): counts.refused += 1
                            case .failure: counts.cancelled += 1
                            }
                        }
                    }
                }
            }
        }
        // Whoever delivers last may have left events to the next caller; each resize delivers its share of them.
        for _ in 0...(EventEmitter.mostPending / EventEmitter.mostPerCaller) { try bulkhead.resize(to: 3) }
        let (snapshot, counts) = (bulkhead.snapshot(), ended.value)
        #expect(counts.admitted + counts.refused + counts.cancelled == 1_600)
        #expect(snapshot.available == 3, "issued = returned")
        #expect(snapshot.queued == 0)
        #expect(clock.pendingDeadlines.isEmpty)
        #expect(snapshot.rejected >= counts.refused)
        #expect(recorder.events.map(\.sequence) == (1...UInt64(recorder.events.count)).map { $0 })
        let rejections = recorder.kinds.count { if case .bulkheadRejected = $0 { true } else { false } }
        #expect(rejections == snapshot.rejected)
    }
}
