/// A key that a configuration can be read from, as the documentation lists it.
struct Setting: Sendable, Hashable {
    /// The key below the scope that is read, with dots.
    let key: String
    /// What kind of value it has, with its unit.
    let type: String
    /// What holds when the key is absent.
    let `default`: String
    /// Which values are allowed.
    let allowed: String

    /// What is allowed, for an error: `a whole number: 1 or more`.
    var phrase: String {
        switch type {
        case Self.word, Self.boolean: allowed
        default: "a \(type): \(allowed)"
        }
    }

    static let word = "word"
    static let boolean = "boolean"

    /// The setting as a line of the documentation's table.
    var row: String { "| `\(key)` | \(type) | \(`default`) | \(allowed) |" }
}

/// What has been read from one scope: the keys that were asked for, and which of them were there.
///
/// Not shared between tasks: it lives while one configuration is read.
final class SettingLog {
    /// All keys that were asked for, in order.
    private(set) var settings: [Setting] = []
    private var present: Set<String> = []

    init() {}

    func ask(_ setting: Setting) { settings.append(setting) }

    func found(_ key: String) { present.insert(key) }

    func has(_ key: String) -> Bool { present.contains(key) }

    func hasAny(below prefix: String) -> Bool { present.contains { $0.hasPrefix(prefix) } }
}
