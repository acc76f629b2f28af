/// The policies of a pipeline as a tree, for people.
struct PipelineDescription {
    let name: String
    let policies: [PipelineComponent.Policy]
    let warnings: [PipelineWarning]

    /// Each policy stands inside the one above it; a fallback is around all of them wherever it was written.
    var text: String {
        let fallbacks = policies.filter { $0.identity.kind == .fallback }
        let others = policies.filter { $0.identity.kind != .fallback }
        var lines = [name]
        for (depth, policy) in (fallbacks + others).enumerated() {
            let summary = policy.summary
            let title = policy.identity.name == name ? policy.kind : policy.title
            lines.append(branch(depth) + title + (summary.isEmpty ? "" : ": " + summary))
        }
        lines.append(branch(policies.count) + "the call")
        lines += warnings.map { "warning: \($0)" }
        return lines.joined(separator: "\n")
    }

    private func branch(_ depth: Int) -> String {
        String(repeating: "   ", count: depth) + "└─ "
    }
}

extension PipelineComponent.Policy {
    /// The kind, for example `circuit breaker`.
    var kind: String { String(identity.kind.rawValue.map { $0 == "_" ? " " : $0 }) }

    /// Kind and name, for example `circuit breaker openai`.
    var title: String {
        // Most policies that were given no name are named after their kind.
        let isNamed = !identity.name.isEmpty && identity.name.filter(\.isLetter) != kind.filter(\.isLetter)
        return isNamed ? "\(kind) \(identity.name)" : kind
    }

    var identity: PolicyIdentity {
        switch self {
        case .gate(let gate): gate.identity
        case .retry(let policy): PolicyIdentity(.retry, policy.name)
        case .timeLimiter(let limiter): PolicyIdentity(.timeLimiter, limiter.name)
        case .hedge(let hedge): PolicyIdentity(.hedge, hedge.name)
        case .fallback(let fallback): PolicyIdentity(.fallback, fallback.name)
        }
    }

    var summary: String {
        switch self {
        case .gate(let gate): gate.summary
        case .retry(let policy): policy.configuration.summary
        case .timeLimiter(let limiter): "\(limiter.limit)"
        case .hedge(let hedge): hedge.configuration.summary
        case .fallback: "for calls that bring an alternative"
        }
    }

    var mayWait: Bool {
        if case .gate(let gate) = self { gate.mayWait } else { false }
    }

    /// Whether it is a time limit that returns although its operation goes on.
    var isAbandoning: Bool {
        if case .timeLimiter(let limiter) = self, case .abandoning = limiter.mode { true } else { false }
    }

    var timeLimit: Duration? {
        if case .timeLimiter(let limiter) = self { limiter.limit } else { nil }
    }

    /// What tells two policies of the same name apart.
    var object: AnyObject? {
        switch self {
        case .gate(let gate): gate
        case .retry(let policy): policy
        case .hedge(let hedge): hedge
        case .timeLimiter, .fallback: nil
        }
    }
}
