@testable import SageResilience

/// Plays the part of a supervisor's task: starts and cancels at once what the state machine asks for.
///
/// It keeps account of what runs by itself, and complains when the machine starts what runs already, cancels what does
/// not, or starts something while it stops others.
struct SupervisorDriver {
    var machine: Supervisor.StateMachine
    var now = Moment.zero
    /// The runs whose tasks exist, and from when on they may begin; the number is nil once they have begun.
    private(set) var scheduled: [Int: (run: Int, notBefore: Moment)] = [:]
    private(set) var running: [Int: Int] = [:]
    private(set) var ending: Supervisor.StateMachine.Ending?
    private(set) var complaints: [String] = []
    /// What happened: `+name` began, `-name` was cancelled, `?name` was asked.
    var log: [String] = []
    /// Children that end only when told with ``end(_:_:)``, even when they are cancelled.
    var stubborn: Set<Int> = []
    var delay: (_ retry: Int) -> Double = { _ in 0 }

    static let failure = Supervisor.StateMachine.End.threw(
        Supervisor.Member.Failure(moment: .zero, errorType: UnknownError.self, errorClass: .unknown))

    init(
        _ strategy: Supervisor.Strategy = .oneForOne, _ policy: SupervisionPolicy = .default,
        _ children: [(String, Child.Restart)], returnsWhenIdle: Bool = true
    ) {
        machine = Supervisor.StateMachine(
            strategy: strategy, policy: policy, shutdownLimit: .seconds(5), returnsWhenIdle: returnsWhenIdle)
        for (name, restart) in children { _ = machine.add(Child(name, restart: restart) {}) }
        machine.begin()
        settle()
    }

    func name(_ id: Int) -> String { machine.members.first { $0.id == id }?.name ?? "?" }
    func id(_ name: String) -> Int { machine.identifier(of: name) ?? -1 }
    func state(_ name: String) -> Child.State? { snapshot[child: name]?.state }
    func restarts(_ name: String) -> Int? { snapshot[child: name]?.restarts }
    func isRunning(_ name: String) -> Bool { running[id(name)] != nil }

    var snapshot: Supervisor.Snapshot { machine.snapshot(name: "s", startedAt: .zero, now: now) }

    /// The log since the last call.
    mutating func takeLog() -> [String] {
        defer { log = [] }
        return log
    }

    mutating func advance(_ seconds: Double) {
        now = now.advanced(by: .seconds(seconds))
        settle()
    }

    /// Lets a running child end by itself.
    mutating func end(_ name: String, _ how: Supervisor.StateMachine.End) {
        let id = id(name)
        guard let run = running.removeValue(forKey: id) else {
            complaints.append("\(name) does not run")
            return
        }
        ended(id, run, how)
        settle()
    }

    mutating func fail(_ name: String) { end(name, Self.failure) }

    mutating func hold(_ name: String) {
        let id = id(name)
        if machine.hold(id, now: now) { cancel(id) }
        settle()
    }

    mutating func release(_ name: String) {
        machine.release(id(name))
        settle()
    }

    /// Does what the machine asks for until it asks for nothing more.
    mutating func settle() {
        while ending == nil {
            let actions = machine.settle(now: now)
            for action in actions { perform(action) }
            if !beginWhatIsDue(), actions.isEmpty { return }
        }
    }

    private mutating func perform(_ action: Supervisor.StateMachine.Action) {
        switch action {
        case .start(let id, let run, let notBefore):
            if scheduled[id] != nil || running[id] != nil { complaints.append("two instances of \(name(id))") }
            if machine.isStopping { complaints.append("start of \(name(id)) while stopping") }
            scheduled[id] = (run, notBefore)
        case .ask(let id, _):
            log.append("?\(name(id))")
        case .cancel(let id):
            cancel(id)
        case .wake:
            break
        case .finish(let ending):
            if !scheduled.isEmpty || !running.isEmpty { complaints.append("finished with children") }
            self.ending = ending
        }
    }

    private mutating func cancel(_ id: Int) {
        if let (run, _) = scheduled.removeValue(forKey: id) {
            ended(id, run, .notBegun)
        } else if let run = running[id] {
            log.append("-\(name(id))")
            guard !stubborn.contains(id) else { return }
            running[id] = nil
            ended(id, run, Self.failure)
        } else {
            complaints.append("cancels \(name(id)), which has no task")
        }
    }

    private mutating func ended(_ id: Int, _ run: Int, _ how: Supervisor.StateMachine.End) {
        if case .restart(let retry, _, let wholeGroup) = machine.ended(id, run: run, how, now: now) {
            _ = machine.schedule(id, after: .seconds(delay(retry)), wholeGroup: wholeGroup, now: now)
        }
        _ = machine.removeForgotten()
    }

    private mutating func beginWhatIsDue() -> Bool {
        var hasBegun = false
        for (id, (run, notBefore)) in scheduled.sorted(by: { $0.key < $1.key }) where notBefore <= now {
            scheduled[id] = nil
            hasBegun = true
            if machine.mayBegin(id, run: run, now: now) != nil {
                running[id] = run
                log.append("+\(name(id))")
            } else {
                ended(id, run, .notBegun)
            }
        }
        return hasBegun
    }
}
