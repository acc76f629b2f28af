import SageResilience
import SageStorage
import SageTesting
import Synchronization
import TestSupport
import Testing

@testable import SageGateway

struct SharedStateTests {
    /// A process with two targets, and a store that it may share.
    private struct Process {
        let fixture: RelayFixture
        let state: SharedState
        let targets = Present()
        let isClosed = Flag()

        init(_ store: any StateStore, clock: TestClock, port: Int = 1) throws {
            let fixture = try RelayFixture([
                ("a", ScriptedTransport(.completion("one"))), ("b", ScriptedTransport(.completion("two"))),
            ])
            self.fixture = fixture
            var configuration = GatewayConfiguration()
            configuration.server.port = port
            configuration.storage.state = .sqlite(path: "/nowhere/state.db")
            configuration.storage.shared.sharedLimits = true
            targets.names = ["a/m", "b/m"]
            state = try SharedState(
                configuration, OpenedStateStore(store) { [isClosed] in isClosed.set() },
                limits: try SharedLimits(store, configuration.storage.shared, clock: clock) { [fixture] in
                    $0.log(to: fixture.log.logger, store: store.name, what: "limits")
                },
                targets: { [fixture, targets] in
                    fixture.routes.configuredTargets.filter { targets.names.contains($0.name) }
                },
                clock: clock, logger: fixture.log.logger)
        }

        var lines: [String] {
            fixture.log.entries.map { "\($0.level) \($0.message) \($0["what"] ?? "-")" }
        }
    }

    private final class Present: Sendable {
        private let state = Mutex<Set<String>>([])
        var names: Set<String> {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    private final class Flag: Sendable {
        private let state = Atomic<Bool>(false)
        var isSet: Bool { state.load(ordering: .relaxed) }
        func set() { state.store(true, ordering: .relaxed) }
    }

    private let clock = TestClock()
    private let store: FickleStateStore

    init() {
        store = FickleStateStore(clock)
    }

    @Test func whatTheStoreRemembersIsTakenUpBeforeTheFirstRequest() async throws {
        let before = try Process(store, clock: clock)
        before.fixture.target("a/m").breaker.open(for: .seconds(30))
        await before.state.begin()
        let after = try Process(store, clock: clock)
        let newcomer = try Process(store, clock: clock, port: 2)
        for process in [after, newcomer] {
            await process.state.begin()
            #expect(process.fixture.target("a/m").breaker.state == .open)
            #expect(process.fixture.target("b/m").breaker.state == .closed)
        }
        #expect(after.fixture.target("a/m").breaker.record.isOwnJudgement, "the same one, started again")
        #expect(!newcomer.fixture.target("a/m").breaker.record.isOwnJudgement)
    }

    @Test func theStartDoesNotWaitLongForAStoreThatHangs() async throws {
        let process = try Process(store, clock: clock)
        store.presence = .hanging
        async let begun: Void = process.state.begin()
        await clock.waitForTimer(due: .seconds(2))
        clock.advance(by: .seconds(2))
        await begun
        #expect(process.fixture.target("a/m").breaker.state == .closed)
    }

    @Test func aStoreThatIsAwayIsToldOnceAndInTheStatus() async throws {
        let process = try Process(store, clock: clock)
        await process.state.begin()
        #expect(process.state.status.isUp)
        #expect(process.state.status.lagSeconds == 0)
        store.presence = .away
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.state.run() }
            for _ in 0..<3 {
                // The breakers' loop, the limits' and the one that looks for new targets.
                await clock.waitForSleepers(3)
                clock.advance(by: .milliseconds(1_200))
            }
            await clock.waitForSleepers(3)
            group.cancelAll()
        }
        #expect(!process.state.status.isUp)
        #expect(process.state.status.error?.contains("it is away") == true)
        #expect(
            process.lines.sorted() == [
                "warning shared state is away: this instance goes on by itself breakers",
                "warning shared state is away: this instance goes on by itself limits",
            ])
    }

    @Test func theEndLeavesEveryBreakerToItselfAndClosesTheStore() async throws {
        let process = try Process(store, clock: clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.state.run() }
            await clock.waitForSleepers(3)
            #expect(!process.isClosed.isSet)
            group.cancelAll()
        }
        #expect(process.isClosed.isSet)
    }

    @Test func targetsThatComeLaterAreSharedAndThoseThatGoAreNot() async throws {
        let process = try Process(store, clock: clock)
        let (a, b) = (process.fixture.target("a/m").breaker, process.fixture.target("b/m").breaker)
        #expect(process.state.breakers.isAttached(a) && process.state.breakers.isAttached(b))
        process.targets.names = ["b/m"]
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.state.run() }
            await clock.waitForSleepers(3)
            group.cancelAll()
        }
        #expect(!process.state.breakers.isAttached(a))
        #expect(process.state.breakers.isAttached(b))
    }
}
