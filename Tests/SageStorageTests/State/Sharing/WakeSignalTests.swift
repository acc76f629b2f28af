import SageResilience
import SageTesting
import Synchronization
import Testing

@testable import SageStorage

struct WakeSignalTests {
    /// A clock that counts who sleeps by it.
    private final class CountingClock: Clock {
        let base = TestClock()
        let sleeps = Mutex(0)

        var now: TestClock.Instant { base.now }
        var minimumResolution: Duration { base.minimumResolution }

        func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws {
            sleeps.withLock { $0 += 1 }
            try await base.sleep(until: deadline, tolerance: tolerance)
        }
    }

    private let clock = CountingClock()
    private let signal = WakeSignal()

    private func wait(_ duration: Duration) async {
        let timeline = Timeline(clock)
        await signal.wait(until: timeline.now.advanced(by: duration.saturatingNanoseconds), on: timeline)
    }

    @Test func aSignalThatHasComeSetsNoTimer() async {
        signal.set()
        await wait(.seconds(60))
        #expect(clock.sleeps.withLock { $0 } == 0)
    }

    @Test func aSignalCountsForOneSleepOnly() async {
        signal.set()
        signal.set()
        await wait(.seconds(60))
        async let second: Void = wait(.seconds(60))
        await clock.base.waitForTimer(due: .seconds(60))
        clock.base.advance(by: .seconds(60))
        await second
        #expect(clock.sleeps.withLock { $0 } == 1)
    }

    @Test func aSignalWakesWhoeverSleeps() async {
        async let sleep: Void = wait(.seconds(60))
        await clock.base.waitForTimer(due: .seconds(60))
        signal.set()
        await sleep
        #expect(clock.base.pendingDeadlines.isEmpty)
    }
}
