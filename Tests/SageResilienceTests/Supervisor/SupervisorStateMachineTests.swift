import Testing

@testable import SageResilience

struct SupervisorStateMachineTests {
    private static let abc: [(String, Child.Restart)] = [("a", .permanent), ("b", .permanent), ("c", .permanent)]

    private func policy(
        _ maxRestarts: Int = 3, _ window: Double = 60, stableAfter: Duration? = nil,
        onExcess: SupervisionPolicy.ExcessAction = .escalate
    ) throws -> SupervisionPolicy {
        try SupervisionPolicy(
            intensity: RestartIntensity(maxRestarts: maxRestarts, within: .seconds(window)), stableAfter: stableAfter,
            onExcess: onExcess)
    }

    @Test(
        "Erlang: who restarts, and in which order",
        arguments: [
            (Supervisor.Strategy.oneForOne, "b", ["+b"]),
            (.oneForAll, "b", ["-c", "-a", "+a", "+b", "+c"]),
            (.restForOne, "a", ["-c", "-b", "+a", "+b", "+c"]),
            (.restForOne, "b", ["-c", "+b", "+c"]),
            (.restForOne, "c", ["+c"]),
        ])
    func strategies(strategy: Supervisor.Strategy, failing: String, expected: [String]) {
        var driver = SupervisorDriver(strategy, children: Self.abc)
        #expect(driver.takeLog() == ["+a", "+b", "+c"])
        driver.fail(failing)
        #expect(driver.takeLog() == expected)
        #expect(driver.complaints.isEmpty)
    }

    @Test(
        "Erlang: which kinds restart after which end",
        arguments: [
            (Child.Restart.permanent, true, true), (.permanent, false, true), (.transient, true, true),
            (.transient, false, false), (.temporary, true, false), (.temporary, false, false),
        ])
    func kinds(restart: Child.Restart, fails: Bool, isRestarted: Bool) {
        var driver = SupervisorDriver(children: [("keeper", .permanent), ("x", restart)])
        driver.end("x", fails ? SupervisorDriver.failure : .returned)
        #expect(driver.isRunning("x") == isRestarted)
        #expect(driver.state("x") == (isRestarted ? .running : fails ? .failed : .completed))
        #expect(driver.ending == nil)
    }

    @Test(
        "Erlang: a restart exactly as long ago as the window still counts",
        arguments: [(5.0, true), (5.000_000_001, false)])
    func intensity(gap: Double, isTooMany: Bool) throws {
        var driver = SupervisorDriver(.oneForOne, try policy(1, 5), children: [("a", .permanent)])
        driver.fail("a")
        driver.advance(gap)
        #expect(driver.snapshot.restartsInWindow == (isTooMany ? 1 : 0))
        driver.fail("a")
        #expect(driver.ending == (isTooMany ? .escalated(child: "a", restarts: 1) : nil))
    }

    @Test("Erlang: the intensity is the supervisor's, and one failure of a group is one restart")
    func intensityIsShared() throws {
        var driver = SupervisorDriver(.oneForAll, try policy(2), children: Self.abc)
        driver.fail("a")
        driver.fail("c")
        #expect(driver.snapshot.restartsInWindow == 2)
        driver.fail("b")
        #expect(driver.ending == .escalated(child: "b", restarts: 2))
        #expect(driver.state("b") == .failed)
        #expect(driver.state("a") == .stopped)
    }

    @Test func anIntensityOfNothingAllowsNoRestart() throws {
        var driver = SupervisorDriver(.oneForOne, try policy(0), children: Self.abc)
        driver.log = []
        driver.fail("b")
        #expect(driver.takeLog() == ["-c", "-a"])
        #expect(driver.ending == .escalated(child: "b", restarts: 0))
    }

    @Test func stoppingOnExcessEndsWithoutAnError() throws {
        var driver = SupervisorDriver(.oneForOne, try policy(0, onExcess: .stop), children: Self.abc)
        driver.fail("a")
        #expect(driver.ending == .gaveUp)
        #expect(driver.state("a") == .failed)
    }

    @Test func aGroupIsRestartedAsOftenAsItsOwnIntensityAllows() throws {
        let policy = try policy(1, onExcess: .restartGroup(RestartIntensity(maxRestarts: 1)))
        var driver = SupervisorDriver(.oneForOne, policy, children: Self.abc)
        driver.fail("b")
        driver.log = []
        driver.fail("b")
        #expect(driver.takeLog() == ["-c", "-a", "+a", "+b", "+c"])
        driver.fail("b")
        #expect(driver.takeLog() == ["+b"], "the restarts count anew")
        driver.fail("b")
        #expect(driver.ending == .escalated(child: "b", restarts: 3))
    }

    @Test("Erlang: a temporary child is never restarted, even with its group")
    func temporaryInAGroup() {
        var driver = SupervisorDriver(
            .oneForAll, children: [("a", .permanent), ("t", .temporary), ("done", .transient)])
        driver.end("done", .returned)
        driver.log = []
        driver.fail("a")
        // A transient child that has returned starts again with its group, as in Erlang.
        #expect(driver.takeLog() == ["-t", "+a", "+done"])
        #expect(driver.state("t") == .stopped)
    }

    @Test func aGroupWaitsForTheBackoffOfTheOneThatFailed() {
        var driver = SupervisorDriver(.restForOne, children: Self.abc)
        driver.delay = { _ in 4 }
        driver.log = []
        driver.fail("b")
        #expect(driver.takeLog() == ["-c"])
        #expect(["a", "b", "c"].map { driver.state($0) } == [.running, .backingOff, .backingOff])
        #expect(driver.snapshot[child: "b"]?.restartsIn == .seconds(4))
        driver.advance(3.999)
        #expect(driver.takeLog() == [])
        driver.advance(0.001)
        #expect(driver.takeLog() == ["+b", "+c"])
        #expect(driver.restarts("c") == 1)
    }

    @Test func anEarlierFailureDuringAStopWidensIt() {
        var driver = SupervisorDriver(.restForOne, children: Self.abc)
        driver.stubborn = [driver.id("c")]
        driver.log = []
        driver.fail("b")
        driver.fail("a")
        #expect(driver.takeLog() == ["-c"], "nothing starts while one is being stopped")
        driver.end("c", .returned)
        #expect(driver.takeLog() == ["+a", "+b", "+c"])
        #expect(driver.snapshot.restartsInWindow == 2)
    }

    @Test func aWidenedStopReachesThoseInBetween() {
        var driver = SupervisorDriver(.restForOne, children: Self.abc + [("d", .permanent)])
        driver.stubborn = [driver.id("d")]
        driver.log = []
        driver.fail("c")
        driver.fail("a")
        driver.end("d", .returned)
        #expect(driver.takeLog() == ["-d", "-b", "+a", "+b", "+c", "+d"])
    }

    @Test func aShutdownBetweenAFailureAndItsRestartWins() {
        var driver = SupervisorDriver(children: Self.abc)
        let id = driver.id("a")
        let reaction = driver.machine.ended(id, run: 1, SupervisorDriver.failure, now: .zero)
        #expect(reaction == .restart(retry: 1, previous: nil, wholeGroup: false))
        driver.machine.shutDown(grace: 0, now: .zero)
        let isScheduled = driver.machine.schedule(id, after: 0, wholeGroup: false, now: .zero)
        #expect(!isScheduled)
        #expect(driver.state("a") == .failed)
    }

    @Test func aRunThatWasStoppedBeforeItBeganDoesNotBegin() {
        var machine = Supervisor.StateMachine(strategy: .oneForOne, policy: .default)
        let id = machine.add(Child("a") {})
        let actions = machine.settle(now: .zero)
        #expect(actions == [.start(id, run: 1, notBefore: .zero)])
        let mustCancel = machine.hold(id, now: .zero)
        #expect(mustCancel)
        let restarts = machine.mayBegin(id, run: 1, now: .zero)
        #expect(restarts == nil)
    }

    @Test func whatEndsWhileItsGroupIsStoppedDoesNotCount() {
        var driver = SupervisorDriver(.oneForAll, children: Self.abc)
        driver.stubborn = [driver.id("c")]
        driver.fail("a")
        driver.fail("b")
        #expect(driver.snapshot.restartsInWindow == 1)
        driver.fail("c")
        #expect(driver.snapshot.restartsInWindow == 1)
        #expect(["a", "b", "c"].allSatisfy(driver.isRunning))
    }

    @Test func theBackoffGrowsUntilARunWasStable() throws {
        let policy = try policy(100, 1_000, stableAfter: .seconds(10))
        var driver = SupervisorDriver(.oneForOne, policy, children: [("a", .permanent)])
        let retries = Locked<[Int]>([])
        driver.delay = { retry in
            retries.update { $0.append(retry) }
            return 1
        }
        for uptime in [0.0, 9.999, 10, 0, 60] {
            driver.advance(uptime)
            driver.fail("a")
            driver.advance(1)
        }
        #expect(retries.value == [1, 2, 1, 2, 1])
    }

    @Test func aShutdownAsksInReverseOrderAndCancelsWhenTheGraceIsOver() {
        var driver = SupervisorDriver(children: Self.abc)
        driver.log = []
        driver.machine.shutDown(grace: .seconds(10), now: driver.now)
        driver.settle()
        #expect(driver.takeLog() == ["?c"])
        #expect(driver.state("c") == .stopping)
        driver.fail("c")
        #expect(driver.takeLog() == ["?b"])
        driver.advance(10)
        #expect(driver.takeLog() == ["-b", "-a"])
        #expect(driver.ending == .shutDown)
        #expect(driver.complaints.isEmpty)
    }

    @Test func aShorterGraceReplacesALongerOne() {
        var driver = SupervisorDriver(children: Self.abc)
        driver.log = []
        driver.machine.shutDown(grace: .seconds(10), now: driver.now)
        driver.settle()
        driver.machine.shutDown(grace: .seconds(20), now: driver.now)
        driver.machine.shutDown(grace: -1, now: driver.now)
        driver.settle()
        #expect(driver.takeLog() == ["?c", "-c", "-b", "-a"])
    }

    @Test func aChildStoppedByHandStaysStopped() {
        var driver = SupervisorDriver(.oneForAll, children: Self.abc)
        driver.hold("b")
        driver.log = []
        driver.fail("a")
        #expect(driver.takeLog() == ["-c", "+a", "+c"])
        #expect(driver.state("b") == .stopped)
        driver.release("b")
        #expect(driver.takeLog() == ["+b"])
        driver.release("b")
        #expect(driver.takeLog() == [])
    }

    @Test func startingAChildThatIsStillStoppingStartsItAfterwards() {
        var driver = SupervisorDriver(children: Self.abc)
        driver.stubborn = [driver.id("b")]
        driver.hold("b")
        driver.log = []
        driver.release("b")
        #expect(driver.takeLog() == [])
        #expect(driver.state("b") == .stopping)
        driver.fail("b")
        #expect(driver.takeLog() == ["+b"])
        #expect(driver.snapshot.restartsInWindow == 0)
    }

    @Test func anOverdueChildIsReportedOnce() {
        var driver = SupervisorDriver(children: Self.abc)
        let (id, run) = (driver.id("b"), 1)
        driver.stubborn = [id]
        driver.hold("b")
        var reports: [Bool] = []
        for (seconds, isOverdue) in [(4.999, false), (5, true), (6, true)] {
            driver.now = .seconds(seconds)
            #expect(driver.snapshot[child: "b"]?.isUnresponsive == isOverdue)
            reports.append(driver.machine.exceedsLimit(id, run: run, now: driver.now))
        }
        #expect(reports == [false, true, false])
    }

    @Test func whatAnEarlierRunSaysChangesNothing() {
        var driver = SupervisorDriver(children: Self.abc)
        driver.fail("a")
        let id = driver.id("a")
        let reaction = driver.machine.ended(id, run: 1, SupervisorDriver.failure, now: .zero)
        #expect(reaction == .none)
        let restarts = driver.machine.mayBegin(id, run: 1, now: .zero)
        #expect(restarts == nil)
        #expect(driver.isRunning("a"))
        #expect(driver.snapshot.restartsInWindow == 1)
    }

    @Test func everythingEndedIsTheEnd() {
        let kinds: [(String, Child.Restart)] = [("a", .transient), ("b", .temporary)]
        var driver = SupervisorDriver(children: kinds)
        driver.fail("b")
        driver.end("a", .returned)
        #expect(driver.ending == .completed)
        var patient = SupervisorDriver(.oneForOne, .default, kinds, returnsWhenIdle: false)
        patient.fail("b")
        patient.end("a", .returned)
        #expect(patient.ending == nil)
        #expect(SupervisorDriver(children: []).ending == .completed)
    }

    @Test func timeGoingBackwardsDoesNoHarm() throws {
        var driver = SupervisorDriver(.oneForOne, try policy(1, 5), children: [("a", .permanent)])
        driver.now = .seconds(100)
        driver.fail("a")
        driver.now = .seconds(1)
        driver.fail("a")
        #expect(driver.ending == .escalated(child: "a", restarts: 1))
    }
}

extension SupervisorDriver {
    fileprivate init(
        _ strategy: Supervisor.Strategy = .oneForOne, _ policy: SupervisionPolicy = .default,
        children: [(String, Child.Restart)]
    ) {
        self.init(strategy, policy, children)
    }
}
