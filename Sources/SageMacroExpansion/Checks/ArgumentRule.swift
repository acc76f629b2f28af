import SwiftSyntax

/// What a number in an attribute may be; the same as the engine checks when the function is first called.
struct ArgumentRule: Sendable {
    let allowed: String
    private let accepts: @Sendable (Double) -> Bool

    private init(_ allowed: String, _ accepts: @escaping @Sendable (Double) -> Bool) {
        self.allowed = allowed
        self.accepts = accepts
    }

    func allows(_ value: Double) -> Bool { accepts(value) }

    static let oneOrMore = ArgumentRule("1 or more") { $0 >= 1 }
    static let zeroOrMore = ArgumentRule("0 or more") { $0 >= 0 }
    static let positive = ArgumentRule("more than 0") { $0 > 0 }

    static func range(_ range: ClosedRange<Int>) -> ArgumentRule {
        ArgumentRule("\(range.lowerBound) to \(range.upperBound)") {
            $0 >= Double(range.lowerBound) && $0 <= Double(range.upperBound)
        }
    }

    static let successRate = ArgumentRule("0 up to but not including 1") { $0 >= 0 && $0 < 1 }

    /// The rules of a decorator by the labels of its arguments; a limit of time has none.
    static func rules(for kind: DecoratorAttribute.Kind) -> [String: ArgumentRule] {
        switch kind {
        case .retry:
            [
                "maxAttempts": .oneOrMore, "initialDelay": .zeroOrMore, "maxDelay": .zeroOrMore,
                "multiplier": .oneOrMore, "totalTimeLimit": .positive,
            ]
        case .circuitBreaker:
            [
                "failureThreshold": .range(1...1_000_000), "windowSize": .range(1...1_000_000),
                "halfOpenMaxCalls": .range(1...1_000_000), "recoveryTimeout": .positive,
                "successRateThreshold": .successRate,
            ]
        case .rateLimited:
            ["limit": .oneOrMore, "per": .positive, "maxWait": .zeroOrMore, "maxQueued": .zeroOrMore]
        case .bulkhead:
            ["limit": .range(1...1_000_000), "maxWait": .zeroOrMore, "maxQueued": .zeroOrMore]
        case .timeout:
            ["": .positive]
        case .hedged:
            ["after": .zeroOrMore, "maxHedges": .range(1...10)]
        case .fallback, .throttled, .adaptiveLimited, .resilient:
            [:]
        }
    }
}
