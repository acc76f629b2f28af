import SageResilience

/// What stands behind the question mark of a URL: options that are taken one by one, until none may be left.
///
/// What a reader asks for is what is allowed, so that the list in the error cannot differ from the code. Errors name an
/// option as the URL does.
struct URLOptions {
    private var values: [String: String] = [:]
    private var known: Set<String> = []

    /// - Parameter query: What stands behind the question mark.
    init(_ query: Substring) throws(ConfigurationError) {
        for option in query.split(separator: "&") {
            let name = option.prefix { $0 != "=" }
            let field = StorageText.quoted(name)
            // What is wrongly encoded may be the rest of a password that nobody encoded.
            let value = try StorageText.decoded(option[name.endIndex...].dropFirst(), field, isSecret: true)
            guard values.updateValue(value, forKey: String(name)) == nil else {
                throw ConfigurationError(field: field, value: "given twice", allowed: "one value")
            }
        }
    }

    /// The text of an option; nil when it is not given.
    mutating func take(_ name: String) throws(ConfigurationError) -> String? {
        known.insert(name)
        guard let text = values.removeValue(forKey: name) else { return nil }
        guard !text.isEmpty else { throw ConfigurationError(field: name, value: "empty", allowed: "a value") }
        return text
    }

    /// The value of an option that has a fixed set of them.
    mutating func takeChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, of choices: Choice.Type = Choice.self
    ) throws(ConfigurationError) -> Choice? {
        guard let text = try take(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let allowed = Choice.allCases.map(\.rawValue)
            throw refused(name, text, allowed.dropLast().joined(separator: ", ") + " or " + (allowed.last ?? ""))
        }
        return choice
    }

    /// `true` or `false`.
    mutating func takeFlag(_ name: String) throws(ConfigurationError) -> Bool? {
        guard let text = try take(name) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: throw refused(name, text, "true or false")
        }
    }

    /// A whole number; whether it is in range the configuration says.
    mutating func takeNumber(_ name: String) throws(ConfigurationError) -> Int? {
        guard let text = try take(name) else { return nil }
        guard let number = StorageText.number(text) else { throw refused(name, text, "a whole number, 0 or more") }
        return number
    }

    /// A duration with its unit.
    ///
    /// - Parameters:
    ///   - name: The option.
    ///   - allowsSeconds: Whether a plain number means seconds, as in libpq.
    mutating func takeDuration(
        _ name: String, allowsSeconds: Bool = false
    ) throws(ConfigurationError) -> Duration? {
        guard let text = try take(name) else { return nil }
        if let duration = DurationText.parse(text) { return duration }
        if allowsSeconds, let seconds = StorageText.number(text) { return .seconds(seconds) }
        throw refused(name, text, (allowsSeconds ? "seconds, or " : "") + "a duration such as 5s, 250ms or 1m")
    }

    /// Refuses what nobody has taken.
    ///
    /// - Parameter hint: What else there is, for the error.
    func finish(_ hint: String = "") throws(ConfigurationError) {
        guard let unknown = values.keys.min() else { return }
        throw ConfigurationError(
            field: "option of the url", value: StorageText.quoted(unknown),
            allowed: known.sorted().joined(separator: ", ") + hint)
    }

    private func refused(_ name: String, _ text: String, _ allowed: String) -> ConfigurationError {
        ConfigurationError(field: name, value: StorageText.quoted(text), allowed: allowed)
    }
}
