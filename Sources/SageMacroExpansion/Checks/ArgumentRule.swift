import SwiftSyntax

/// What a number in an attribute may be; the same as the engine checks when the function is first called.
struct ArgumentRule: Sendable {
    /// What to write instead of a number that is not allowed.
    enum Repair: Sendable, Equatable {
        case write(String)
        /// There is no nearest value that would be of use, and there is a default.
        case removeArgument
        /// There is neither.
        case removeAttribute
    }

    let allowed: String
    private let accepts: @Sendable (Double) -> Bool
    private let mended: @Sendable (LiteralValue, Double) -> Repair

    private init(
        _ allowed: String, _ accepts: @escaping @Sendable (Double) -> Bool,
        mended: @escaping @Sendable (LiteralValue, Double) -> Repair
    ) {
        self.allowed = allowed
        self.accepts = accepts
        self.mended = mended
    }

    /// How a value is mended that is not allowed; nil for one that is, and for a name.
    func repair(of literal: LiteralValue) -> Repair? {
        guard let value = literal.value, !accepts(value) else { return nil }
        return mended(literal, value)
    }

    static let oneOrMore = ArgumentRule("1 or more", { $0 >= 1 }, mended: { _, _ in .write("1") })

    static let zeroOrMore = ArgumentRule("0 or more", { $0 >= 0 }) { literal, _ in
        if case .duration = literal { .write(".zero") } else { .write("0") }
    }

    /// A duration; the nearest, a nanosecond, is no use to anybody.
    static func positive(or repair: Repair) -> ArgumentRule {
        ArgumentRule("more than 0", { $0 > 0 }, mended: { _, _ in repair })
    }

    static func range(_ range: ClosedRange<Int>) -> ArgumentRule {
        let (lower, upper) = (range.lowerBound, range.upperBound)
        return ArgumentRule("\(lower) to \(upper)", { $0 >= Double(lower) && $0 <= Double(upper) }) { _, value in
            .write("\(value < Double(lower) ? lower : upper)")
        }
    }

    static let successRate = ArgumentRule("0 up to but not including 1", { $0 >= 0 && $0 < 1 }) { _, value in
        value < 0 ? .write("0") : .removeArgument
    }

    /// The rules of a decorator by the labels of its arguments; a limit of time has none.
    static func rules(for kind: DecoratorAttribute.Kind) -> [String: ArgumentRule] {
        switch kind {
        case .retry:
            [
                "maxAttempts": .oneOrMore, "initialDelay": .zeroOrMore, "maxDelay": .zeroOrMore,
                "multiplier": .oneOrMore, "totalTimeLimit": .positive(or: .removeArgument),
            ]
        case .circuitBreaker:
            [
                "failureThreshold": .range(1...1_000_000), "windowSize": .range(1...1_000_000),
                "halfOpenMaxCalls": .range(1...1_000_000), "recoveryTimeout": .positive(or: .removeArgument),
                "successRateThreshold": .successRate,
            ]
        case .rateLimited:
            [
                "limit": .oneOrMore, "per": .positive(or: .write(".seconds(1)")), "maxWait": .zeroOrMore,
                "maxQueued": .zeroOrMore,
            ]
        case .bulkhead:
            ["limit": .range(1...1_000_000), "maxWait": .zeroOrMore, "maxQueued": .zeroOrMore]
        case .timeout:
            ["": .positive(or: .removeAttribute)]
        case .hedged:
            ["after": .zeroOrMore, "maxHedges": .range(1...10)]
        case .fallback, .throttled, .adaptiveLimited, .resilient:
            [:]
        }
    }
}
