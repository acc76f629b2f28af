import SageTesting

/// The progress of a script: which step answers the next request.
///
/// A value without clock or lock; the provider keeps it under a lock, so that each request takes exactly one step.
struct ScriptEngine: Sendable {
    let script: FaultScript
    /// The seed in use: the caller's, else the script's, else 0.
    let seed: UInt64
    private var answered: [Int]
    private var generator: SeededGenerator

    /// - Parameter seed: Takes precedence over the script's own seed; nil leaves it to the script.
    init(_ script: FaultScript, seed: UInt64? = nil) {
        self.script = script
        self.seed = seed ?? script.seed ?? 0
        self.answered = Array(repeating: 0, count: script.rules.count)
        self.generator = SeededGenerator(seed: self.seed)
    }

    /// Takes the step that answers a request.
    mutating func next(for request: RequestFacts) -> Decision {
        guard let rule = script.rules.firstIndex(where: { $0.match.matches(request) }) else { return .unscripted }
        let count = answered[rule]
        answered[rule] += 1
        guard let index = script.rules[rule].step(after: count) else {
            return Decision(step: FaultStep(), place: Place(rule: rule, step: nil), isSpared: false)
        }
        let step = script.rules[rule].steps[index]
        // Only uncertain steps draw a number, so that adding a certain one does not change the others' luck.
        let isSpared = step.probability < 1 && generator.unitInterval() >= step.probability
        return Decision(
            step: isSpared ? FaultStep() : step, place: Place(rule: rule, step: index), isSpared: isSpared)
    }
}

extension ScriptEngine {
    /// What answers a request, and why.
    struct Decision: Sendable, Hashable {
        var step: FaultStep
        /// Nil when no rule matches.
        var place: Place?
        /// Whether the step's probability let the request pass.
        var isSpared: Bool

        static let unscripted = Decision(step: FaultStep(), place: nil, isSpared: false)
    }

    /// A step of a script; both numbers count from 0.
    struct Place: Sendable, Hashable {
        var rule: Int
        /// Nil after the last step of a rule that ends with `then: ok`.
        var step: Int?
    }
}

extension FaultRule {
    /// The step that answers after so many requests, with each step's repetitions counted; nil after the last one.
    fileprivate func step(after count: Int) -> Int? {
        let total = steps.reduce(0) { $0 + $1.repetitions }
        var position =
            switch then {
            case .repeat: count % max(1, total)
            case .last: min(count, total - 1)
            case .ok: count
            }
        for (index, step) in steps.enumerated() {
            if position < step.repetitions { return index }
            position -= step.repetitions
        }
        return nil
    }
}
