import NIOEmbedded
import TestSupport
import Testing

@testable import SageGateway

struct ConnectionMonitorTests {
    let monitor = ConnectionMonitor()
    let calls = Counter()

    @Test func handlerIsCalledOnceWhenTheConnectionCloses() {
        _ = monitor.whenStopped { [calls] in calls.increment() }
        #expect(calls.value == 0)
        #expect(!monitor.isClosed)
        monitor.close()
        monitor.close()
        #expect(calls.value == 1)
        #expect(monitor.isClosed)
    }

    @Test func handlerOfAClosedConnectionIsCalledAtOnce() {
        monitor.close()
        _ = monitor.whenStopped { [calls] in calls.increment() }
        #expect(calls.value == 1)
    }

    @Test func forgottenHandlerIsNotCalled() {
        let forgotten = monitor.whenStopped { [calls] in calls.increment() }
        _ = monitor.whenStopped { [calls] in calls.increment() }
        monitor.forget(forgotten)
        monitor.forget(forgotten)
        monitor.close()
        #expect(calls.value == 1)
    }

    @Test func handlerSeesTheConnectionClosedAndMayUseTheMonitor() {
        _ = monitor.whenStopped { [monitor, calls] in
            if monitor.isClosed { calls.increment() }
            _ = monitor.whenStopped { calls.increment() }
        }
        monitor.close()
        #expect(calls.value == 2)
    }

    @Test func handlersAreNotKept() {
        weak var witness: Counter?
        do {
            let counter = Counter()
            witness = counter
            let forgotten = monitor.whenStopped { counter.increment() }
            monitor.forget(forgotten)
        }
        #expect(witness == nil)
    }

    // MARK: Work for a client

    @Test func workThatEndsGivesItsResult() async throws {
        let result = try await monitor.whileConnected { 7 }
        #expect(result == 7)
        #expect(!monitor.isClosed)
    }

    @Test func workThatFailsThrowsItsOwnError() async {
        await #expect(throws: UnexpectedReply.self) {
            try await monitor.whileConnected { () async throws -> Int in throw UnexpectedReply() }
        }
    }

    @Test func workLeavesNothingBehind() async throws {
        for _ in 0..<100 { _ = try await monitor.whileConnected { 7 } }
        _ = monitor.whenStopped { [calls] in calls.increment() }
        monitor.close()
        #expect(calls.value == 1)
    }

    @Test func clientThatGoesCancelsTheWork() async {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let work = Task { [monitor, calls] in
            try await monitor.whileConnected {
                let (never, continuation) = AsyncStream.makeStream(of: Never.self)
                start.finish()
                for await _ in never {}
                withExtendedLifetime(continuation) {}
                if Task.isCancelled { calls.increment() }
                return 7
            }
        }
        for await _ in started {}
        monitor.close()
        await #expect(throws: CancellationError.self) { try await work.value }
        #expect(calls.value == 1, "the work is over before its caller goes on")
    }

    @Test func cancelledCallerCancelsTheWork() async {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let work = Task { [monitor] in
            try await monitor.whileConnected {
                let (never, continuation) = AsyncStream.makeStream(of: Never.self)
                start.finish()
                for await _ in never {}
                withExtendedLifetime(continuation) {}
                throw CancellationError()
            } as Int
        }
        for await _ in started {}
        work.cancel()
        await #expect(throws: CancellationError.self) { try await work.value }
        #expect(!monitor.isClosed)
    }

    @Test func clientThatIsGoneAlreadyGetsNothing() async {
        monitor.close()
        await #expect(throws: CancellationError.self) {
            try await monitor.whileConnected { () async throws -> Int in
                try Task.checkCancellation()
                let (never, continuation) = AsyncStream.makeStream(of: Never.self)
                for await _ in never {}
                withExtendedLifetime(continuation) {}
                throw CancellationError()
            }
        }
    }

    // MARK: Interruption

    @Test func interruptionCallsHandlersButTheClientIsStillThere() {
        _ = monitor.whenStopped { [calls] in calls.increment() }
        monitor.interrupt()
        #expect(monitor.isInterrupted)
        #expect(!monitor.isClosed)
        _ = monitor.whenStopped { [calls] in calls.increment() }
        #expect(calls.value == 2, "what begins later is interrupted at once")
        monitor.close()
        #expect(calls.value == 2)
    }

    @Test func refusalCloses() {
        monitor.refuse()
        #expect(monitor.isClosed)
        #expect(monitor.isRefused)
        #expect(!monitor.isInterrupted)
    }

    @Test func everyConnectionIsInterruptedAlsoThoseThatComeLater() {
        let registry = ConnectionRegistry()
        let first = NIOAsyncTestingChannel()
        let later = NIOAsyncTestingChannel()
        let laterMonitor = ConnectionMonitor()
        registry.add(first, monitor)
        registry.interruptAll()
        registry.add(later, laterMonitor)
        #expect(monitor.isInterrupted)
        #expect(laterMonitor.isInterrupted)
    }
}
