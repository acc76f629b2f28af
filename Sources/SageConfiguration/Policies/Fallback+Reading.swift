public import Configuration
public import SageResilience

extension Fallback {
    /// Reads a fallback: `kinds`, a list of `general`, `contextWindow`, `contentPolicy`; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - name: The name that events carry.
    ///   - config: Where to read, scoped to the fallback's settings.
    ///   - default: The kinds where the key is absent. Defaults to `general`.
    ///   - classifier: Decides the kind of an error where the key `classifier` is absent.
    ///   - listener: Receives the fallback's events. Defaults to nobody.
    /// - Throws: `ConfigurationError` for an unknown kind, with its full key.
    public init(
        _ name: String, reading config: ConfigReader, default: Set<Kind> = [.general],
        classifier: ErrorClassifier = .default, listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        self = try SettingScope(config).fallback(
            name, default: `default`, classifier: classifier, listener: listener)
    }
}

extension SettingScope {
    private static let kinds: KeyValuePairs<String, Fallback.Kind> = [
        "general": .general, "contextWindow": .contextWindow, "contentPolicy": .contentPolicy,
    ]

    func fallback(
        _ name: String, default value: Set<Fallback.Kind>, classifier: ErrorClassifier,
        listener: (any ResilienceListener)?
    ) throws(ConfigurationError) -> Fallback {
        let text = Self.kinds.filter { value.contains($0.value) }.map(\.key).joined(separator: ", ")
        let kinds = try list(
            "kinds", type: "list of words", default: text, Self.kinds.map(\.key).joined(separator: ", ")
        ) { word in
            Self.kinds.first { $0.key == word }?.value
        }
        let errors = try self.classifier(default: classifier)
        return Fallback(name, for: kinds.map(Set.init) ?? value, classifier: errors, listener: listener)
    }
}
