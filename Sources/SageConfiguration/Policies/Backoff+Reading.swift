import Configuration
import SageResilience

/// How delays grow, without their lengths.
private enum GrowthWord: String, CaseIterable {
    case fixed, linear, exponential, fibonacci, decorrelated
}

/// How delays are spread, without the amount.
private enum JitterWord: String, CaseIterable {
    case none, full, equal, proportional
}

extension SettingScope {
    /// A backoff from `strategy`, `initialDelay`, `multiplier`, `maxDelay`, `jitter` and `jitterFraction`.
    ///
    /// Without any of the keys it is the given one, which may be a custom function.
    func backoff(default value: Backoff) throws(ConfigurationError) -> Backoff {
        let fallback = Shape(value.strategy)
        let growth: GrowthWord? = try read(
            "strategy", type: Setting.word, default: fallback.growth?.rawValue ?? "as in code",
            allowed: GrowthWord.allCases.map(\.rawValue).joined(separator: ", ")
        ) {
            GrowthWord(rawValue: try $0.requiredString(forKey: $1))
        }
        let initialDelay = try duration("initialDelay", default: fallback.initialDelay, "0 or more")
        let multiplier = try number("multiplier", default: fallback.multiplier, "1 or more")
        let maxDelay = try duration("maxDelay", default: value.maxDelay, "0 or more")
        let jitter = try jitter(default: value.jitter)
        let backoff = try build(["delay": "initialDelay", "baseDelay": "initialDelay", "jitter": "jitterFraction"]) {
            () throws(ConfigurationError) in
            switch growth ?? fallback.growth {
            case .fixed: try Backoff.fixed(initialDelay, jitter: jitter)
            case .linear: try Backoff.linear(initialDelay: initialDelay, maxDelay: maxDelay, jitter: jitter)
            case .exponential:
                try Backoff.exponential(
                    initialDelay: initialDelay, multiplier: multiplier, maxDelay: maxDelay, jitter: jitter)
            case .fibonacci: try Backoff.fibonacci(initialDelay: initialDelay, maxDelay: maxDelay, jitter: jitter)
            case .decorrelated: try Backoff.decorrelated(baseDelay: initialDelay, maxDelay: maxDelay)
            case nil: try fallback.custom(maxDelay, jitter)
            }
        }
        return value.jitterMayExceedMaximum ? backoff.allowingJitterBeyondMaximum() : backoff
    }

    private func jitter(default value: Jitter) throws(ConfigurationError) -> Jitter {
        let (name, fraction): (JitterWord, Double) =
            switch value {
            case .none: (.none, 0.5)
            case .full: (.full, 0.5)
            case .equal: (.equal, 0.5)
            case .proportional(let fraction): (.proportional, fraction)
            }
        let word = try word("jitter", default: name)
        let amount = try number("jitterFraction", default: fraction, "0 to 1")
        return switch word {
        case .none: .none
        case .full: .full
        case .equal: .equal
        case .proportional: .proportional(amount)
        }
    }
}

/// The parts of a strategy.
private struct Shape {
    /// Nil for a function.
    var growth: GrowthWord?
    var initialDelay = Duration.seconds(1)
    var multiplier = 2.0
    private var function: (@Sendable (_ retry: Int, _ previous: Duration?) -> Duration)?

    init(_ strategy: Backoff.Strategy) {
        switch strategy {
        case .fixed(let delay): (growth, initialDelay) = (.fixed, delay)
        case .linear(let initial): (growth, initialDelay) = (.linear, initial)
        case .exponential(let initial, let factor): (growth, initialDelay, multiplier) = (.exponential, initial, factor)
        case .fibonacci(let initial): (growth, initialDelay) = (.fibonacci, initial)
        case .decorrelated(let base): (growth, initialDelay) = (.decorrelated, base)
        case .custom(let function): self.function = function
        }
    }

    func custom(_ maxDelay: Duration, _ jitter: Jitter) throws(ConfigurationError) -> Backoff {
        guard let function else { return .default }
        return try .custom(maxDelay: maxDelay, jitter: jitter, function)
    }
}
