public import Configuration
public import SageResilience

extension AdaptiveLimiterConfiguration {
    /// Reads a configuration: `algorithm`, `initialLimit`, `minLimit`, `maxLimit` and more; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the limiter's settings.
    ///   - default: What holds for absent keys. Defaults to what the initialiser without arguments makes.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        reading config: ConfigReader, default: AdaptiveLimiterConfiguration? = nil
    ) throws(ConfigurationError) {
        let usual = if let `default` { `default` } else { try AdaptiveLimiterConfiguration() }
        self = try SettingScope(config).adaptiveLimiter(default: usual)
    }
}

extension SettingScope {
    private enum LimitRule: String, CaseIterable {
        case aimd, gradient
    }

    func adaptiveLimiter(
        default value: AdaptiveLimiterConfiguration
    ) throws(ConfigurationError) -> AdaptiveLimiterConfiguration {
        let algorithm = try limitAlgorithm(default: value.algorithm)
        let initialLimit = try integer("initialLimit", default: value.initialLimit, "minLimit to maxLimit")
        let minLimit = try integer("minLimit", default: value.minLimit, "1 to maxLimit")
        let maxLimit = try integer("maxLimit", default: value.maxLimit, "1 to 30000")
        let window = try integerOrOff("window", default: value.window, "1 to 30000")
        let shares = try partitions(default: value.partitions)
        let classifier = try classifier(default: value.classifier)
        return try build { () throws(ConfigurationError) in
            try AdaptiveLimiterConfiguration(
                algorithm, initialLimit: initialLimit, minLimit: minLimit, maxLimit: maxLimit, window: window,
                partitions: shares, classifier: classifier)
        }
    }

    private func limitAlgorithm(
        default value: AdaptiveLimiterConfiguration.Algorithm
    ) throws(ConfigurationError) -> AdaptiveLimiterConfiguration.Algorithm {
        var usual = AdaptiveLimiterConfiguration.Gradient.default
        var (rule, ratio) = (LimitRule.aimd, usual.backoffRatio)
        switch value {
        case .aimd(let backoffRatio): ratio = backoffRatio
        case .gradient(let gradient): (rule, usual, ratio) = (.gradient, gradient, gradient.backoffRatio)
        @unknown default: break
        }
        rule = try word("algorithm", default: rule)
        let backoffRatio = try number("backoffRatio", default: ratio, "above 0 and below 1")
        let scope = scoped("gradient")
        let tolerance = try scope.number("tolerance", default: usual.tolerance, "1 or more")
        let smoothing = try scope.number("smoothing", default: usual.smoothing, "above 0, up to 1")
        let queueSize = try scope.integer("queueSize", default: usual.queueSize, "0 to 30000")
        let longWindow = try scope.integer("longWindow", default: usual.longWindow, "1 or more")
        let relearn = try scope.integerOrOff("relearnInterval", default: usual.relearnInterval, "1 or more")
        guard rule == .gradient else { return .aimd(backoffRatio: backoffRatio) }
        return try build(Self.gradientKeys) { () throws(ConfigurationError) in
            .gradient(
                try AdaptiveLimiterConfiguration.Gradient(
                    tolerance: tolerance, smoothing: smoothing, queueSize: queueSize, longWindow: longWindow,
                    relearnInterval: relearn, backoffRatio: backoffRatio))
        }
    }

    private static let gradientKeys = Dictionary(
        uniqueKeysWithValues: ["tolerance", "smoothing", "queueSize", "longWindow", "relearnInterval"].map {
            ($0, "gradient.\($0)")
        })

    private func partitions(default value: [String: Double]) throws(ConfigurationError) -> [String: Double] {
        let text = value.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        let shares: [(name: String, share: Double)]? = try list(
            "partitions", type: "list of name=share", default: text.isEmpty ? "none" : text,
            "each name once, shares above 0, together at most 1"
        ) { element in
            let parts = element.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, let share = Double(parts[1]) else { return nil }
            return (String(parts[0]), share)
        }
        guard let shares else { return value }
        return try build { () throws(ConfigurationError) in
            var table: [String: Double] = [:]
            for (name, share) in shares {
                guard share > 0, share <= 1, table.updateValue(share, forKey: name) == nil else {
                    throw ConfigurationError(
                        field: "partitions", value: name, allowed: "each name once, shares above 0, together at most 1")
                }
            }
            return table
        }
    }
}
