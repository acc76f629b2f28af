import SageResilience

// What several policies have in common.
extension SettingScope {
    /// Which errors count, by the name of a preset.
    func classifier(default value: ErrorClassifier) throws(ConfigurationError) -> ErrorClassifier {
        try word(
            "classifier", default: "as in code",
            among: [
                "default": .default, "llm": .llm, "network": .network, "database": .database,
                "retryUnknown": .retryUnknown,
            ]) ?? value
    }

    /// The longest wait that a server may ask for.
    func maxServerHint(default value: Duration) throws(ConfigurationError) -> Duration {
        try duration("maxServerHint", default: value, "0 or more")
    }

    /// The longest time that a call waits.
    func maxWait(default value: Duration) throws(ConfigurationError) -> Duration {
        try duration("maxWait", default: value, "0 or more")
    }

    /// The most calls that wait.
    func maxQueued(default value: Int) throws(ConfigurationError) -> Int {
        try integer("maxQueued", default: value, "0 or more")
    }
}
