public import Configuration
public import SageResilience

extension HedgeConfiguration {
    /// Reads a configuration: `delay` (`p95` or `200ms`), `maxHedges` and more; see <doc:Settings>.
    ///
    /// Copies of a call share a `RetryBudget` with its retries; give it to `default`, or read it with
    /// `RetryBudget.reading(_:default:clock:)`.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the hedge's settings.
    ///   - default: What holds for absent keys. Defaults to nothing: `delay` must be there.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(reading config: ConfigReader, default: HedgeConfiguration? = nil) throws(ConfigurationError) {
        self = try SettingScope(config).hedge(default: `default`, budget: `default`?.budget)
    }
}

extension SettingScope {
    func hedge(
        default value: HedgeConfiguration?, budget: RetryBudget?, classifier usual: ErrorClassifier = .default
    ) throws(ConfigurationError) -> HedgeConfiguration {
        let delay = try hedgeDelay(default: value?.delay)
        let maxHedges = try integer("maxHedges", default: value?.maxHedges ?? 1, "1 to 10")
        let maxServerHint = try maxServerHint(default: value?.maxServerHint ?? .seconds(60))
        let classifier = try classifier(default: value?.classifier ?? usual)
        guard let delay else { throw refusal("delay", allowed: "a \(Self.delayForms)") }
        return try build(["share": "delay", "atLeast": "minDelay"]) { () throws(ConfigurationError) in
            try HedgeConfiguration(
                delay: delay, maxHedges: maxHedges, budget: budget, classifier: classifier,
                maxServerHint: maxServerHint)
        }
    }

    private static let delayForms = "percentile such as p95, or duration such as 200ms"

    private func hedgeDelay(
        default value: HedgeConfiguration.Delay?
    ) throws(ConfigurationError) -> HedgeConfiguration.Delay? {
        var (window, minimumSamples, minDelay) = (256, 20, Duration.milliseconds(1))
        if case .percentile(_, let calls, let samples, let least)? = value {
            (window, minimumSamples, minDelay) = (calls, samples, least)
        }
        let delay = try read(
            "delay", type: Self.delayForms, default: value.map(Self.text) ?? "none",
            allowed: "above p0, below p100; 0 or more"
        ) {
            Self.delay(try $0.requiredString(forKey: $1))
        } orConvert: {
            $0 == .int(0) ? .fixed(.zero) : nil
        }
        window = try integer("window", default: window, "1 to 10000")
        minimumSamples = try integer("minimumSamples", default: minimumSamples, "1 to window")
        minDelay = try duration("minDelay", default: minDelay, "0 or more")
        guard case .percentile(let share, _, _, _)? = delay ?? value else { return delay ?? value }
        return .percentile(share: share, window: window, minimumSamples: minimumSamples, atLeast: minDelay)
    }

    private static func delay(_ text: String) -> HedgeConfiguration.Delay? {
        if text.hasPrefix("p"), let percent = Double(text.dropFirst()) { return .percentile(percent / 100) }
        return DurationText.parse(text).map { .fixed($0) }
    }

    private static func text(_ delay: HedgeConfiguration.Delay) -> String {
        switch delay {
        case .fixed(let duration): DurationText.render(duration)
        case .percentile(let share, _, _, _): "p\((share * 100_000).rounded() / 1_000)"
        @unknown default: "as in code"
        }
    }
}
