import SageTesting
import Synchronization
import Testing

@testable import SageResilience

/// What is counted when, beside a model that keeps every call of the window.
@Suite(.timeLimit(.minutes(1)))
struct ClientThrottleWindowTests {
    private struct Call {
        var bucket: Int64
        var requests: Int
        var accepts: Int
    }

    /// Keeps the calls with the number of the bucket they count in.
    private struct Model {
        let length: Int64
        let buckets: Int64
        var newest = Int64(0)
        var calls: [Call] = []

        mutating func advance(to now: Int64) {
            newest = max(newest, now / length)
            // The window only moves forwards: what has left it never comes back.
            calls.removeAll { $0.bucket <= newest - buckets }
        }

        mutating func add(_ requests: Int, _ accepts: Int, bucket: Int64) {
            calls.append(Call(bucket: max(bucket, newest - buckets + 1), requests: requests, accepts: accepts))
        }

        var requests: Int { calls.reduce(0) { $0 + $1.requests } }
        var accepts: Int { calls.reduce(0) { $0 + $1.accepts } }
    }

    @Test(arguments: [1, 2, 3, 12], [true, false])
    func countsWhatStartedInTheWindow(buckets: Int, pending: Bool) throws {
        var generator = SeededGenerator(seed: UInt64(buckets))
        let clock = TestClock()
        let configuration = try ClientThrottleConfiguration(
            maxRejectionProbability: 0, window: .nanoseconds(100 * buckets), buckets: buckets,
            countsPendingCalls: pending)
        let throttle = ClientThrottle("model", configuration, clock: clock)
        var model = Model(length: 100, buckets: Int64(buckets))
        var open: [(ticket: ClientThrottle.Ticket, bucket: Int64)] = []
        for _ in 0..<3_000 {
            let step = Int.random(in: 0..<40, using: &generator) == 0 ? 500 : 20
            clock.advance(by: .nanoseconds(Int.random(in: 0..<step, using: &generator)))
            let now = throttle.timeline.now
            if open.isEmpty || Bool.random(using: &generator) {
                let ticket = try throttle.admit(now: now)
                model.advance(to: now.nanoseconds)
                open.append((ticket, model.newest))
                if pending { model.add(1, 0, bucket: model.newest) }
            } else {
                let (ticket, bucket) = open.remove(at: Int.random(in: 0..<open.count, using: &generator))
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    throttle.recordSuccess(ticket)
                    model.add(pending ? 0 : 1, 1, bucket: bucket)
                case 1:
                    throttle.recordFailure(ticket, ServiceError.transient)
                    model.add(pending ? 0 : 1, 0, bucket: bucket)
                default:
                    throttle.release(ticket)
                    if pending, bucket > model.newest - model.buckets { model.add(-1, 0, bucket: bucket) }
                }
            }
            let snapshot = throttle.snapshot()
            model.advance(to: now.nanoseconds)
            #expect(snapshot.requests == model.requests)
            #expect(snapshot.accepts == model.accepts)
        }
    }

    @Test("go-zero #5011: calls longer than the window do not make a healthy service look ill")
    func callsLongerThanTheWindowCount() throws {
        let clock = TestClock()
        let throttle = ClientThrottle("llm", .llm, clock: clock, random: .constant(0))
        var open: [ClientThrottle.Ticket] = []
        // Each call takes five minutes, the window two.
        for second in 0..<1_200 {
            clock.advance(by: .seconds(1))
            open.append(try throttle.admit(now: throttle.timeline.now))
            if second >= 300 { throttle.recordSuccess(open.removeFirst()) }
        }
        #expect(throttle.snapshot().rejected == 0)
        for ticket in open { throttle.recordFailure(ticket, ServiceError(.timeout)) }
        #expect(throttle.snapshot().requests >= 300, "they are counted in what is left of the window")
        #expect(throttle.snapshot().rejectionProbability > 0.5)
    }

    @Test func aServiceThatStopsAnsweringIsNoticedBeforeTheFirstTimeout() {
        let clock = TestClock()
        let throttle = ClientThrottle("api", clock: clock, random: .constant(0))
        let open = (0..<10).compactMap { _ in throttle.tryAcquire()?.shared() }
        #expect(throttle.snapshot().rejectionProbability == 0.9)
        if throttle.tryAcquire() != nil { Issue.record("admitted") }
        for permit in open { permit.succeed() }
        #expect(throttle.snapshot().rejectionProbability == 0)
    }

    @Test func anIdleWindowIsForgotten() {
        let clock = TestClock()
        let throttle = ClientThrottle("api", clock: clock, random: .constant(0))
        for _ in 0..<100 { throttle.tryAcquire()?.fail(ServiceError.transient) }
        #expect(!throttle.isEvictable)
        clock.advance(by: .seconds(119))
        #expect(!throttle.isEvictable)
        clock.advance(by: .seconds(11))
        #expect(throttle.isEvictable)
        #expect(throttle.snapshot().rejectionProbability == 0)
    }

    @Test func aTicketOfAForgottenBucketIsTakenBackOnce() throws {
        let clock = TestClock()
        let throttle = ClientThrottle("api", clock: clock)
        let ticket = try throttle.admit(now: throttle.timeline.now)
        clock.advance(by: .seconds(1_000))
        _ = try throttle.admit(now: throttle.timeline.now)
        throttle.release(ticket)
        #expect(throttle.snapshot().requests == 1)
    }

    @Test func theCountersOfTheNewestBucketAreEmptiedBeforeTheyOverflow() throws {
        let throttle = ClientThrottle("api", clock: TestClock())
        throttle.current.store(1 << 63 | 1 << 31, ordering: .relaxed)
        _ = try throttle.admit(now: .zero)
        #expect(throttle.current.load(ordering: .relaxed) < 1 << 33)
        #expect(throttle.snapshot().requests == 1 << 31 + 1)
        #expect(throttle.snapshot().accepts == 1 << 31)
    }

    @Test(arguments: [Int64.min + 1, -5, 0, .max - 1, .max])
    func noMomentTraps(nanoseconds: Int64) throws {
        var window = ThrottleWindow(length: 1, buckets: 3, now: .zero)
        window.advance(to: Moment(nanoseconds: nanoseconds))
        window.add(ThrottleCounts(requests: 1, accepts: 1), toBucketEndingAt: window.end)
        #expect(window.totals.requests == 1)
        window.advance(to: .distantFuture)
        window.advance(to: Moment(nanoseconds: .min))
        _ = window.end
    }

    @Test func manyTasksLoseNoCall() async {
        let clock = TestClock()
        let throttle = ClientThrottle(
            "busy", clock: clock, random: .constant(1))
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for index in 0..<2_000 {
                        guard let permit = throttle.tryAcquire() else { continue }
                        if task == 0, index.isMultiple(of: 50) { clock.advance(by: .milliseconds(100)) }
                        switch index % 4 {
                        case 0: permit.fail(ServiceError.transient)
                        case 1: permit.ignore()
                        default: permit.succeed()
                        }
                    }
                }
            }
        }
        let snapshot = throttle.snapshot()
        #expect(snapshot.rejected == 0)
        #expect(snapshot.requests == 6_000)
        #expect(snapshot.accepts == 4_000)
    }
}
