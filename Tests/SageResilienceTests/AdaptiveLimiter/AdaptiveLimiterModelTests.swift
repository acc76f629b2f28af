import SageTesting
import Testing

@testable import SageResilience

/// Random sequences of calls against a model that keeps every number in a variable of its own.
///
/// The limiter packs calls, limit and generation into one word and the window into another; the model does without. The
/// rules by which a limit changes are tested by themselves, so the model takes them from the state machine.
struct AdaptiveLimiterModelTests {
    /// A call in flight, as the model sees it.
    private struct Call {
        let permit: AdaptiveLimiter.SharedPermit
        let generation: UInt16
        let inFlight: Int
        let partition: String?
        let startedAt: Moment
    }

    private struct Model {
        let configuration: AdaptiveLimiterConfiguration
        let measuresTime: Bool
        var machine: AdaptiveLimiter.StateMachine
        var inFlight = 0
        var uses: [String: Int]
        var rejected = 0
        /// The durations of the present window's calls in nanoseconds, one for each.
        var window: [Double] = []
        var mostInFlight = 0

        init(_ configuration: AdaptiveLimiterConfiguration) {
            self.configuration = configuration
            if case .gradient = configuration.algorithm { measuresTime = true } else { measuresTime = false }
            machine = AdaptiveLimiter.StateMachine(configuration)
            uses = configuration.partitions.mapValues { _ in 0 }
        }

        func guaranteed(_ partition: String) -> Int {
            let share = Double(machine.limit) * (configuration.partitions[partition] ?? 0)
            return max(1, Int((share - 1e-9).rounded(.up)))
        }

        /// Whether a call is admitted; whoever finds the limit used up still has its guaranteed share.
        mutating func admit(_ partition: String?) -> Bool {
            let use = partition.flatMap { uses[$0] }
            let isWithinShare = partition.map { (use ?? .max) < guaranteed($0) } ?? false
            guard inFlight < machine.limit || isWithinShare else {
                rejected += 1
                return false
            }
            inFlight += 1
            if let partition, let use { uses[partition] = use + 1 }
            return true
        }

        mutating func leave(_ call: Call) {
            inFlight -= 1
            if let partition = call.partition, let use = uses[partition] { uses[partition] = use - 1 }
        }

        mutating func succeed(_ call: Call, now: Moment) {
            leave(call)
            guard call.generation == machine.generation else { return }
            if measuresTime {
                mostInFlight = max(mostInFlight, call.inFlight)
                // Counted in whole microseconds, a begun one as one.
                window.append(Double((now.elapsed(since: call.startedAt)) / 1_000 + 1) * 1_000)
            } else {
                guard call.inFlight * 2 >= machine.limit else { return }
                window.append(0)
            }
            let size = configuration.window ?? (measuresTime ? max(10, machine.limit) : machine.limit)
            guard window.count >= size else { return }
            let sample = LimitSample(
                inFlight: max(mostInFlight, call.inFlight), duration: window.reduce(0, +) / Double(window.count))
            let generation = machine.generation
            clearWindow()
            machine.learn(sample)
            if machine.generation != generation { clearWindow() }
        }

        mutating func drop(_ call: Call) {
            leave(call)
            let generation = machine.generation
            machine.drop(generation: call.generation, inFlight: call.inFlight)
            if machine.generation != generation { clearWindow() }
        }

        private mutating func clearWindow() {
            window = []
            mostInFlight = 0
        }
    }

    private static let algorithms: [AdaptiveLimiterConfiguration.Algorithm] = {
        guard let gradient = try? AdaptiveLimiterConfiguration.Gradient(longWindow: 20, relearnInterval: 7) else {
            return []
        }
        return [.aimd(), .aimd(backoffRatio: 0.5), .gradient(), .gradient(gradient)]
    }()

    @Test("the limiter does what the model does", arguments: algorithms.indices, 1...8 as ClosedRange<UInt64>)
    func followsTheModel(algorithm: Int, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let clock = TestClock()
        let configuration = try AdaptiveLimiterConfiguration(
            Self.algorithms[algorithm], initialLimit: 8, minLimit: 2, maxLimit: 24,
            window: seed.isMultiple(of: 2) ? 3 : nil, partitions: ["a": 0.5, "b": 0.07])
        let limiter = AdaptiveLimiter("model", configuration, clock: clock)
        var model = Model(configuration)
        var calls: [Call] = []
        var limits: Set<Int> = []
        var now = Moment.zero
        // How likely a call is admitted rather than ended, so that the limiter is full at times and empty at others.
        var load = 5
        for step in 0..<4_000 {
            if step.isMultiple(of: 200) { load = Int.random(in: 3...8, using: &generator) }
            let pause = Int64.random(in: 0...40_000_000, using: &generator)
            clock.advance(by: .nanoseconds(pause))
            now = now.advanced(by: pause)
            if Int.random(in: 0..<10, using: &generator) < load || calls.isEmpty {
                let partition = [nil, nil, "a", "b", "unknown"].randomElement(using: &generator) ?? nil
                let known = partition == "unknown" ? nil : partition
                let generation = model.machine.generation
                let isAdmitted = model.admit(known)
                let permit = limiter.tryAcquire(partition: partition)?.shared()
                #expect((permit != nil) == isAdmitted)
                if let permit {
                    calls.append(
                        Call(
                            permit: permit, generation: generation, inFlight: model.inFlight, partition: known,
                            startedAt: now))
                }
            } else {
                let call = calls.remove(at: Int.random(in: calls.indices, using: &generator))
                switch Int.random(in: 0..<40, using: &generator) {
                case 0:
                    call.permit.fail(ServiceError(.overloaded))
                    model.drop(call)
                case 1, 2:
                    call.permit.fail(ServiceError(.transient))
                    model.leave(call)
                case 3, 4:
                    call.permit.ignore()
                    model.leave(call)
                default:
                    call.permit.succeed()
                    model.succeed(call, now: now)
                }
                // Only the first verdict counts.
                call.permit.fail(ServiceError(.overloaded))
            }
            let snapshot = limiter.snapshot()
            try #require(snapshot.limit == model.machine.limit, "step \(step)")
            try #require(snapshot.inFlight == model.inFlight && snapshot.inFlight == calls.count, "step \(step)")
            try #require(snapshot.rejected == model.rejected)
            try #require(snapshot.drops == model.machine.drops)
            try #require(snapshot.windows == model.machine.windows, "step \(step)")
            for (name, use) in snapshot.partitions {
                try #require(use.inFlight == model.uses[name])
                try #require(use.guaranteed == model.guaranteed(name))
            }
            limits.insert(snapshot.limit)
        }
        for call in calls { call.permit.ignore() }
        let end = limiter.snapshot()
        #expect(end.inFlight == 0 && end.partitions.allSatisfy { $0.value.inFlight == 0 })
        #expect(limits.count >= 4 && end.windows > 5 && end.drops > 5 && end.rejected > 5, "the test has played")
    }
}
