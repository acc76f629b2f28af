public import Configuration
public import SageResilience

extension RetryBudget {
    /// Reads a budget: `ratio` and `floor`, or those of another `form`; see <doc:Settings>.
    ///
    /// A budget is shared by the retries and hedges of one service, so read it once and hand it to all of them.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the budget's settings.
    ///   - default: What holds for absent keys. Defaults to a fifth of the active calls, and 3.
    ///   - clock: The clock by which tokens and deposits age. Defaults to `ContinuousClock`.
    /// - Returns: A budget of its own for each call; nil if the settings switch it off.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public static func reading(
        _ config: ConfigReader, default: Form = .share(ratio: 0.2, floor: 3),
        clock: any Clock<Duration> = ContinuousClock()
    ) throws(ConfigurationError) -> RetryBudget? {
        let scope = SettingScope(config)
        let settings = try scope.budgetSettings(default: `default`)
        return settings.isEnabled ?? true ? try settings.make(clock: clock) : nil
    }
}

/// What a budget is built from.
struct RetryBudgetSettings {
    fileprivate enum Form: String, CaseIterable {
        case share, tokens, deposits
    }

    let isEnabled: Bool?
    fileprivate let form: Form
    fileprivate let ratio: Double
    fileprivate let floor: Int
    fileprivate let maximum: Int
    fileprivate let timeToLive: Duration
    fileprivate let minRetriesPerSecond: Int
    fileprivate let scope: SettingScope

    func make(clock: any Clock<Duration>) throws(ConfigurationError) -> RetryBudget {
        try scope.build { () throws(ConfigurationError) in
            switch form {
            case .share: try RetryBudget(ratio: ratio, floor: floor)
            case .tokens: try RetryBudget.tokenBucket(maximum: maximum, ratio: ratio, clock: clock)
            case .deposits:
                try RetryBudget.deposits(
                    ratio: ratio, timeToLive: timeToLive, minRetriesPerSecond: minRetriesPerSecond, clock: clock)
            }
        }
    }
}

extension SettingScope {
    /// A budget; the given one if there are no settings.
    func budget(
        default value: RetryBudget?, clock: any Clock<Duration> = ContinuousClock()
    ) throws(ConfigurationError) -> RetryBudget? {
        let settings = try budgetSettings(default: value?.form ?? .share(ratio: 0.2, floor: 3))
        guard hasAny else { return value }
        return settings.isEnabled ?? true ? try settings.make(clock: clock) : nil
    }

    func budgetSettings(default value: RetryBudget.Form) throws(ConfigurationError) -> RetryBudgetSettings {
        var ratios: [RetryBudgetSettings.Form: Double] = [.share: 0.2, .tokens: 0.1, .deposits: 0.2]
        var form = RetryBudgetSettings.Form.share
        var (floor, maximum, timeToLive, minRetries) = (3, 10, Duration.seconds(10), 10)
        switch value {
        case .share(let ratio, let least): (ratios[.share], floor) = (ratio, least)
        case .tokens(let most, let ratio): (form, ratios[.tokens], maximum) = (.tokens, ratio, most)
        case .deposits(let ratio, let lifetime, let perSecond):
            (form, ratios[.deposits], timeToLive, minRetries) = (.deposits, ratio, lifetime, perSecond)
        @unknown default: break
        }
        let isEnabled = try flag("enabled", default: "true with any other key")
        form = try word("form", default: form)
        return RetryBudgetSettings(
            isEnabled: isEnabled, form: form,
            ratio: try number("ratio", default: ratios[form] ?? 0.2, "0 to 1; of tokens 0.001 to 1000"),
            floor: try integer("floor", default: floor, "0 to 1000000"),
            maximum: try integer("maximum", default: maximum, "1 to 1000"),
            timeToLive: try duration("timeToLive", default: timeToLive, "1s to 60s"),
            minRetriesPerSecond: try integer("minRetriesPerSecond", default: minRetries, "0 to 10000"),
            scope: self)
    }
}
