import SageTesting
import Synchronization
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct StreamLimitsTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let source = Source()

    private func limits(
        first: Double? = nil, between: Double? = nil, total: Double? = nil
    ) throws -> StreamLimits {
        try StreamLimits(
            "s", firstElement: first.map { .seconds($0) }, betweenElements: between.map { .seconds($0) },
            total: total.map { .seconds($0) }, clock: clock, listener: recorder)
    }

    @Test("passes elements, the end and errors on", arguments: [false, true])
    func passesOn(fails: Bool) async throws {
        let stream = try limits(first: 1, between: 1, total: 1).apply(to: source)
        for number in 1...3 { source.yield(number) }
        source.finish(fails ? UnknownError(number: 4) : nil)
        var seen: [Int] = []
        do {
            for try await number in stream { seen.append(number) }
            #expect(!fails)
        } catch {
            #expect(error as? UnknownError == UnknownError(number: 4))
        }
        #expect(seen == [1, 2, 3])
        #expect(source.isDropped)
        #expect(recorder.events.isEmpty && clock.pendingDeadlines.isEmpty)
    }

    @Test(
        "ends at the limit that is nearest, and says which",
        arguments: [
            (0, 2.0, 5.0, 9.0, TimeLimiterError.Kind.firstElement, 2.0), (1, 2, 5, 9, .betweenElements, 5),
            (0, 20, 5, 9, .total, 9), (1, 20, 30, 9, .total, 9),
        ])
    func endsAtTheLimit(
        elements: Int, first: Double, between: Double, total: Double, kind: TimeLimiterError.Kind, limit: Double
    ) async throws {
        let limits = try limits(first: first, between: between, total: total)
        let task = Task { [source] in
            var iterator = limits.apply(to: source).makeAsyncIterator()
            for _ in 0..<elements { _ = try await iterator.next() }
            let error = await #expect(throws: TimeLimiterError.self) { try await iterator.next() }
            #expect(source.isDropped, "before the error comes")
            #expect(try await iterator.next() == nil)
            return error
        }
        for number in 0..<elements { source.yield(number) }
        await source.waitForRequest(elements)
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(limit))
        let expected = TimeLimiterError(policyName: "s", limit: .seconds(limit), kind: kind)
        #expect(try await task.value == expected)
        #expect(recorder.events.count == 1)
        #expect(source.wasCancelled)
    }

    @Test func theTimeOfASlowConsumerIsItsOwn() async throws {
        source.yield(1)
        source.yield(2)
        var iterator = try limits(first: 1, between: 1).apply(to: source).makeAsyncIterator()
        #expect(try await iterator.next() == 1)
        clock.advance(by: .seconds(100))
        #expect(try await iterator.next() == 2)
    }

    @Test("except for the total")
    func theTotalGoesOn() async throws {
        source.yield(1)
        source.yield(2)
        var iterator = try limits(total: 10).apply(to: source).makeAsyncIterator()
        #expect(try await iterator.next() == 1)
        clock.advance(by: .seconds(10))
        await #expect(throws: TimeLimiterError(policyName: "s", limit: .seconds(10), kind: .total)) {
            try await iterator.next()
        }
        #expect(source.isDropped)
    }

    @Test func anAnnouncedDeadlineEndsTheStream() async throws {
        let limits = try limits()
        let task = Task { [source] in
            try await CallContext.with(deadline: .after(.seconds(3), clock: clock)) {
                for try await _ in limits.apply(to: source) {}
            }
        }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(3))
        await #expect(throws: TimeLimiterError(policyName: "s", limit: .seconds(3), kind: .deadline)) {
            try await task.value
        }
    }

    @Test func aConsumerThatWalksAwayDropsTheUpstream() async throws {
        source.yield(1)
        for try await _ in try limits(first: 1, between: 1, total: 1).apply(to: source) { break }
        #expect(source.isDropped)
        #expect(recorder.events.isEmpty)
    }

    @Test func aCancelledConsumerGetsTheUpstreamsError() async throws {
        let limits = try limits(first: 1)
        let task = Task { [source] in for try await _ in limits.apply(to: source) {} }
        await clock.nextTimerScheduled()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(source.isDropped && recorder.events.isEmpty)
    }

    @Test("limits a stream of the standard library")
    func limitsAnAsyncStream() async throws {
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
        for number in 1...100 { continuation.yield(number) }
        continuation.finish()
        let limits = try limits(first: 30, between: 30, total: 60)
        let sum = try await limits.apply(to: stream).reduce(0, +)
        #expect(sum == 5050)
    }

    @Test("refuses limits of nothing", arguments: ["firstElement", "betweenElements", "total"], [0, -1, Int64.min])
    func refusesNothing(field: String, nanoseconds: Int64) {
        let limit = Duration.nanoseconds(nanoseconds)
        let error = #expect(throws: ConfigurationError.self) {
            _ = try StreamLimits(
                firstElement: field == "firstElement" ? limit : nil,
                betweenElements: field == "betweenElements" ? limit : nil, total: field == "total" ? limit : nil)
        }
        #expect(error?.field == field)
    }

    @Test func enormousLimitsDoNotTrap() async throws {
        let huge = Duration(attoseconds: .max)
        source.yield(1)
        source.finish(nil)
        let limits = try StreamLimits(firstElement: huge, betweenElements: huge, total: huge, clock: clock)
        #expect(try await limits.apply(to: source).reduce(0, +) == 1)
    }
}

/// A stream whose elements the test provides, and which knows what becomes of its iterator.
private final class Source: AsyncSequence, Sendable {
    private struct State {
        var elements: [Int] = []
        var end: Result<Void, any Error>?
        var requests = 0
        var isDropped = false
        var wasCancelled = false
        var waiter: CheckedContinuation<Void, Never>?
        var watcher: (requests: Int, CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    var isDropped: Bool { state.withLock { $0.isDropped } }
    var wasCancelled: Bool { state.withLock { $0.wasCancelled } }

    func yield(_ element: Int) { change { $0.elements.append(element) } }

    func finish(_ error: (any Error)?) { change { $0.end = error.map { .failure($0) } ?? .success(()) } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            return state.waiter.take()
        }?.resume()
    }

    /// Waits until more than so many elements have been asked for.
    func waitForRequest(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests <= count { state.watcher = (count, continuation) }
                return state.requests > count
            }
            if isThere { continuation.resume() }
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(source: self) }

    /// Not `Sendable`, like most iterators.
    final class Iterator: AsyncIteratorProtocol {
        private let source: Source

        init(source: Source) { self.source = source }

        deinit { source.state.withLock { $0.isDropped = true } }

        func next() async throws -> Int? { try await source.next() }
    }

    private func next() async throws -> Int? {
        state.withLock { state in
            state.requests += 1
            guard let watcher = state.watcher, state.requests > watcher.requests else {
                return CheckedContinuation<Void, Never>?.none
            }
            state.watcher = nil
            return watcher.1
        }?.resume()
        while true {
            let outcome: Result<Int?, any Error>? = state.withLock { state in
                if Task.isCancelled {
                    state.wasCancelled = true
                    return .failure(CancellationError())
                }
                if !state.elements.isEmpty { return .success(state.elements.removeFirst()) }
                return state.end?.map { nil }
            }
            if let outcome { return try outcome.get() }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isLate = state.withLock { state in
                        if Task.isCancelled || !state.elements.isEmpty || state.end != nil { return true }
                        state.waiter = continuation
                        return false
                    }
                    if isLate { continuation.resume() }
                }
            } onCancel: {
                change { _ in }
            }
        }
    }
}
