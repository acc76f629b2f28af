import SageTesting
import Testing

@testable import SageResilience

/// What a supervisor should do, told as simply as possible: everything that has to stop stops at once.
private struct NaiveSupervisor {
    struct NaiveChild {
        let restart: Child.Restart
        /// When it starts; nil when it is not to start.
        var due: Double? = 0
        /// Since when it runs.
        var runningSince: Double?
        var begun = 0
        var isHeld = false
        /// It starts after those before it that wait for their turn too.
        var isInTurn = true
        var failuresInARow = 0
    }

    let strategy: Supervisor.Strategy
    let maxRestarts: Int
    let window: Double
    let stableAfter: Double
    /// Nil when an excess escalates.
    let maxGroupRestarts: Int?
    var children: [NaiveChild]
    var now = 0.0
    var failures: [Double] = []
    var groupFailures: [Double] = []
    var escalatedBy: Int?

    static func delay(_ retry: Int) -> Double { Double(min(retry, 4)) }

    mutating func start() {
        for index in children.indices {
            guard let due = children[index].due, due <= now else { continue }
            if children[index].isInTurn, children[..<index].contains(where: { $0.isInTurn && $0.due != nil }) {
                continue
            }
            children[index].due = nil
            children[index].runningSince = now
            children[index].begun += 1
            children[index].isInTurn = false
        }
    }

    mutating func end(_ index: Int, threw: Bool) {
        let uptime = now - (children[index].runningSince ?? now)
        children[index].runningSince = nil
        switch children[index].restart {
        case .permanent: break
        case .transient: if !threw { return start() }
        default: return start()
        }
        failures = failures.filter { now - $0 <= window } + [now]
        var affected =
            switch strategy {
            case .oneForOne: [index]
            case .oneForAll: Array(children.indices)
            default: Array(index...(children.count - 1))
            }
        var restartsGroup = strategy != .oneForOne
        if failures.count > maxRestarts {
            groupFailures = groupFailures.filter { now - $0 <= window } + [now]
            guard let maxGroupRestarts, groupFailures.count <= maxGroupRestarts else {
                escalatedBy = index
                for index in children.indices {
                    children[index].runningSince = nil
                    children[index].due = nil
                }
                return
            }
            failures = []
            affected = Array(children.indices)
            restartsGroup = true
        }
        if uptime >= stableAfter { children[index].failuresInARow = 0 }
        children[index].failuresInARow += 1
        let due = now + Self.delay(children[index].failuresInARow)
        for other in affected {
            children[other].runningSince = nil
            if children[other].isHeld || children[other].restart == .temporary && children[other].begun > 0 {
                children[other].due = nil
                continue
            }
            children[other].due = max(children[other].due ?? due, due)
            if restartsGroup { children[other].isInTurn = true }
        }
        start()
    }

    mutating func hold(_ index: Int) {
        children[index].isHeld = true
        children[index].runningSince = nil
        children[index].due = nil
        start()
    }

    mutating func release(_ index: Int) {
        children[index].isHeld = false
        guard children[index].runningSince == nil, children[index].due == nil else { return }
        children[index].due = 0
        children[index].failuresInARow = 0
        start()
    }
}

struct SupervisorModelTests {
    @Test("agrees with a naive model over random operations", arguments: 0..<400)
    func agreesWithModel(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let strategy = try #require(Supervisor.Strategy.allCases.randomElement(using: &random))
        let kinds = (0..<Int.random(in: 1...5, using: &random)).map { _ in
            Child.Restart.allCases.randomElement(using: &random) ?? .permanent
        }
        let maxRestarts = Int.random(in: 0...4, using: &random)
        let maxGroupRestarts = Bool.random(using: &random) ? Int.random(in: 0...3, using: &random) : nil
        let policy = try SupervisionPolicy(
            intensity: RestartIntensity(maxRestarts: maxRestarts, within: .seconds(8)), stableAfter: .seconds(3),
            onExcess: try maxGroupRestarts.map {
                .restartGroup(try RestartIntensity(maxRestarts: $0, within: .seconds(8)))
            } ?? .escalate)
        var driver = SupervisorDriver(
            strategy, policy, kinds.enumerated().map { ("\($0.offset)", $0.element) }, returnsWhenIdle: false)
        driver.delay = NaiveSupervisor.delay
        var model = NaiveSupervisor(
            strategy: strategy, maxRestarts: maxRestarts, window: 8, stableAfter: 3,
            maxGroupRestarts: maxGroupRestarts, children: kinds.map { NaiveSupervisor.NaiveChild(restart: $0) })
        model.start()
        for step in 0..<200 {
            let index = Int.random(in: kinds.indices, using: &random)
            let operation = Int.random(in: 0..<20, using: &random)
            switch operation {
            case 0..<10:
                // Whole seconds, so that window and stable period are met exactly.
                let seconds = Double(Int.random(in: 0...3, using: &random))
                model.now += seconds
                model.start()
                driver.advance(seconds)
            case 10..<18:
                guard model.children[index].runningSince != nil else { continue }
                let threw = Bool.random(using: &random)
                model.end(index, threw: threw)
                driver.end("\(index)", threw ? SupervisorDriver.failure : .returned)
            case 18:
                model.hold(index)
                driver.hold("\(index)")
            default:
                model.release(index)
                driver.release("\(index)")
            }
            #expect(driver.complaints.isEmpty, "step \(step)")
            let running = kinds.indices.map { driver.isRunning("\($0)") }
            #expect(running == model.children.map { $0.runningSince != nil }, "step \(step), operation \(operation)")
            #expect(
                kinds.indices.map { driver.restarts("\($0)") } == model.children.map { max(0, $0.begun - 1) },
                "step \(step)")
            if let index = model.escalatedBy {
                #expect(
                    driver.ending
                        == .escalated(child: "\(index)", restarts: max(0, model.children[index].begun - 1)))
                return
            }
            #expect(driver.ending == nil)
            if running != model.children.map({ $0.runningSince != nil }) { return }
        }
    }

    @Test("a shutdown at any moment ends everything and starts nothing", arguments: 0..<100)
    func shutdownAtAnyMoment(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let strategy = try #require(Supervisor.Strategy.allCases.randomElement(using: &random))
        let policy = try SupervisionPolicy(intensity: RestartIntensity(maxRestarts: 1_000))
        var driver = SupervisorDriver(
            strategy, policy, [("0", .permanent), ("1", .transient), ("2", .permanent)], returnsWhenIdle: false)
        driver.delay = { Double($0) }
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let name = "\(Int.random(in: 0...2, using: &random))"
            if driver.isRunning(name), Bool.random(using: &random) {
                driver.fail(name)
            } else {
                driver.advance(Double.random(in: 0...2, using: &random))
            }
        }
        driver.log = []
        let grace = Double(Int.random(in: 0...2, using: &random))
        driver.machine.shutDown(grace: .seconds(grace), now: driver.now)
        driver.settle()
        driver.advance(2)
        #expect(driver.ending == .shutDown)
        #expect(driver.running.isEmpty && driver.scheduled.isEmpty)
        let log = driver.takeLog()
        #expect(!log.contains { $0.hasPrefix("+") })
        let cancelled = log.filter { $0.hasPrefix("-") }
        #expect(cancelled == cancelled.sorted(by: >), "the last one first")
        #expect(driver.complaints.isEmpty)
    }
}
