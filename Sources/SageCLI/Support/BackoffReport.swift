import SageGateway
import SageLLM
import SageResilience
import SageTesting

/// The delays of a retry policy as a table, a picture or JSON.
struct BackoffReport {
    /// The settings, as they stand in a configuration file.
    let settings: GatewayConfiguration.Policy.Retry
    let schedule: RetrySchedule
    /// The seed of the sample; nil where chance has no part.
    let seed: UInt64?

    /// Works the delays out.
    ///
    /// - Parameters:
    ///   - settings: The settings, as they stand in a configuration file.
    ///   - seed: The seed of the sample.
    init(_ settings: GatewayConfiguration.Policy.Retry, seed: UInt64) throws(ConfigurationError) {
        let configuration = try RetryConfiguration(maxAttempts: settings.maxAttempts, backoff: Backoff(settings))
        let schedule = RetrySchedule(configuration, after: ErrorClassification(.transient), sample: .seeded(seed))
        self.settings = settings
        self.schedule = schedule
        self.seed = schedule.isSpread ? seed : nil
    }

    // MARK: Text

    private var summary: String {
        var parts = ["\(settings.strategy.rawValue) from \(settings.initialDelay.readable)"]
        if settings.strategy == .exponential { parts.append("times \(settings.multiplier.short)") }
        if settings.strategy != .fixed { parts.append("at most \(settings.maxDelay.readable)") }
        if settings.strategy != .decorrelated { parts.append("jitter \(settings.jitter.rawValue)") }
        return parts.joined(separator: ", ")
    }

    private var notes: [String] {
        if schedule.retries.isEmpty { return ["A single attempt has no retry."] }
        return seed.map { ["", "SAMPLE is one sequence as it could happen; --seed \($0) gives it again."] } ?? []
    }

    /// The table of delays.
    func table(_ style: TerminalStyle) -> [String] {
        guard !schedule.retries.isEmpty else { return [summary] + notes }
        var table = TextTable(
            schedule.isSpread
                ? [
                    .number("RETRY"), .number("MIN"), .number("TYPICAL"), .number("MAX"), .number("SAMPLE"),
                    .number("TOTAL"), .number("MAX TOTAL"),
                ] : [.number("RETRY"), .number("DELAY"), .number("TOTAL")])
        for retry in schedule.retries {
            let waits =
                schedule.isSpread
                ? [retry.least, retry.typical, retry.most, retry.sample, retry.total, retry.longestTotal]
                : [retry.typical, retry.total]
            table.append(["\(retry.number)"] + waits.map { TextTable.Cell($0?.readable ?? "-") })
        }
        return [summary, ""] + table.lines(style) + notes
    }

    /// How many characters the longest bar has.
    private static let barWidth = 50

    /// A picture of the delays.
    func plot(_ style: TerminalStyle) -> [String] {
        let longest = schedule.retries.compactMap(\.most).max() ?? .zero
        var table = TextTable([.number("RETRY"), schedule.isSpread ? "TYPICAL" : "DELAY", ""])
        for retry in schedule.retries {
            guard let least = retry.least, let typical = retry.typical, let most = retry.most else { continue }
            let text = typical.readable
            let range = retry.isSpread ? "  \(least.readable) to \(most.readable)" : ""
            table.append(["\(retry.number)", "\(text)", "\(bar([least, typical, most], of: longest))\(range)"])
        }
        guard !schedule.retries.isEmpty else { return [summary] + notes }
        let legend = schedule.isSpread ? ["", "█ always  ▒ up to the typical delay  ░ up to the longest"] : []
        return [summary, ""] + table.lines(style) + legend
    }

    /// Pieces of a bar, each up to the end of a duration.
    private func bar(_ ends: [Duration], of longest: Duration) -> String {
        guard longest > .zero else { return "" }
        var bar = ""
        for (end, block) in zip(ends, ["█", "▒", "░"]) {
            let share = Double(end.saturatingNanoseconds) / Double(longest.saturatingNanoseconds)
            // What is not nothing can be seen.
            let width = end > .zero ? max(1, Int(share * Double(Self.barWidth) + 0.5)) : 0
            bar += String(repeating: block, count: max(0, width - bar.count))
        }
        return bar
    }

    // MARK: JSON

    var json: JSONValue {
        let isDecorrelated = settings.strategy == .decorrelated
        return [
            "strategy": .string(settings.strategy.rawValue),
            "attempts": .integer(Int64(settings.maxAttempts)),
            "initial_delay_ms": .number(settings.initialDelay.milliseconds),
            "multiplier": settings.strategy == .exponential ? .number(settings.multiplier) : .null,
            "max_delay_ms": settings.strategy == .fixed ? .null : .number(settings.maxDelay.milliseconds),
            "jitter": isDecorrelated ? .null : .string(settings.jitter.rawValue),
            "seed": seed.map { Int64(exactly: $0).map(JSONValue.integer) ?? .unsigned($0) } ?? .null,
            "delays": .array(schedule.retries.map { $0.json(withSample: seed != nil) }),
        ]
    }
}

extension RetrySchedule.Retry {
    /// The retry as JSON; `delay_ms` is the typical wait.
    func json(withSample: Bool) -> JSONValue {
        func value(_ duration: Duration?) -> JSONValue { duration.map { .number($0.milliseconds) } ?? .null }
        var object: JSONObject = [
            "retry": .integer(Int64(number)),
            "delay_ms": value(typical),
            "min_ms": value(least),
            "max_ms": value(most),
        ]
        if withSample { object["sample_ms"] = value(sample) }
        object["total_ms"] = value(total)
        object["max_total_ms"] = value(longestTotal)
        return .object(object)
    }
}
