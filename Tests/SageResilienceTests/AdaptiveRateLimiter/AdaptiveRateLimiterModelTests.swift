import SageTesting
import Testing

@testable import SageResilience

/// Random sequences of calls, answers and pauses.
///
/// What must always hold: order, conservation, no debt.
struct AdaptiveRateLimiterModelTests {
    typealias StateMachine = AdaptiveRateLimiter.StateMachine

    /// Plays the part of the shell and keeps who is where.
    private struct Driver {
        var machine: StateMachine
        var queue: [UInt64] = []
        var deadlines: [UInt64: Moment] = [:]
        var alarm: (id: UInt64, at: Moment)?
        var granted = 0.0
        var givenBack = 0.0
        var arrived = 0
        var ended = 0

        mutating func settle(_ notices: [AdaptiveRateLimiter.Notice], now: Moment) {
            for notice in notices {
                switch notice.signal {
                case .granted:
                    #expect(queue.first == notice.id, "in the order of arrival")
                    #expect(now <= deadlines[notice.id] ?? .zero, "not later than it is willing to wait")
                    granted += 1
                case .sleep(let until):
                    #expect(queue.first == notice.id, "only the head sleeps")
                    if let alarm { #expect(alarm.id == notice.id && until < alarm.at, "told again, to wake sooner") }
                    #expect(until > now)
                    alarm = (notice.id, until)
                    continue
                case .rejected, .cancelled: break
                }
                if alarm?.id == notice.id { alarm = nil }
                queue.removeAll { $0 == notice.id }
                ended += 1
            }
            #expect(queue.isEmpty || alarm != nil, "somebody will serve the queue")
            #expect(machine.waiting == queue.count)
            #expect(machine.bucket.tokens >= 0)
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func everyCallEndsOnceAndNobodyOvertakes(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let configuration = try AdaptiveRateLimiterConfiguration(maxWait: .seconds(4), maxQueued: 20)
        var driver = Driver(machine: StateMachine(configuration, now: .zero))
        _ = driver.machine.record(isThrottled: true, now: .zero)
        var now = Moment.zero
        var allowed = 1.0
        for _ in 0..<5_000 {
            let next = now.advanced(by: .random(in: 0...300_000_000, using: &generator))
            if let alarm = driver.alarm, alarm.at <= next {
                // The sleeper wakes exactly when it wanted to.
                allowed += Double(alarm.at.elapsed(since: now)) / 1e9 * driver.machine.bucket.rate
                now = max(now, alarm.at)
                driver.alarm = nil
                driver.settle(driver.machine.claim(alarm.id, now: now), now: now)
                continue
            }
            allowed += Double(next.elapsed(since: now)) / 1e9 * driver.machine.bucket.rate
            now = next
            switch Int.random(in: 0..<12, using: &generator) {
            case 10:
                let pause = Int64.random(in: 0...300_000_000, using: &generator)
                driver.settle(driver.machine.pause(until: now.advanced(by: pause), now: now), now: now)
            case 11 where driver.granted > driver.givenBack:
                // One of those that were granted finds its task cancelled.
                driver.givenBack += 1
                driver.settle(driver.machine.giveBack(now: now), now: now)
            case 0:
                if let id = driver.queue.randomElement(using: &generator) {
                    if driver.alarm?.id == id { driver.alarm = nil }
                    driver.settle(driver.machine.leave(id, now: now), now: now)
                }
            case 1...5:
                driver.arrived += 1
                let patience = AdaptiveRateLimiter.Patience(
                    nanoseconds: .random(in: 0...4_000_000_000, using: &generator))
                switch driver.machine.admit(patience, now: now) {
                case .admitted:
                    #expect(driver.queue.isEmpty, "nobody overtakes")
                    driver.granted += 1
                    driver.ended += 1
                case .rejected: driver.ended += 1
                case .mustWait:
                    let (id, signal) = driver.machine.enqueue(patience, now: now)
                    driver.queue.append(id)
                    driver.deadlines[id] = now.advanced(by: patience.nanoseconds)
                    if case .sleep(let until) = signal { driver.alarm = (id, until) }
                }
            default:
                let isThrottled = Int.random(in: 0..<12, using: &generator) == 0
                driver.settle(driver.machine.record(isThrottled: isThrottled, now: now), now: now)
            }
            #expect(driver.granted - driver.givenBack <= allowed + 1e-6, "never more than the rate has brought")
        }
        while let alarm = driver.alarm {
            now = alarm.at
            driver.alarm = nil
            driver.settle(driver.machine.claim(alarm.id, now: now), now: now)
        }
        #expect(driver.queue.isEmpty)
        #expect(driver.arrived == driver.ended, "issued = returned")
        #expect(driver.granted > 500, "the test has played something")
    }
}
