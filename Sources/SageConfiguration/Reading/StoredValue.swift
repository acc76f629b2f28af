import Configuration

/// A value as a provider holds it, whatever type was asked for.
///
/// The methods of the reader give a value of one type or nothing. For a good error it takes more: whether there is a
/// value of another type, what it is, and whether it may be shown.
struct StoredValue {
    let content: ConfigContent
    /// Whether it must not be shown.
    let isSecret: Bool

    private static let longest = 64

    /// The value for an error.
    var text: String {
        if isSecret { return "a value that is not shown" }
        return switch content {
        case .string(let value): Self.shown(value)
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .bytes(let value): "\(value.count) bytes"
        case .stringArray(let values): Self.shown(values.joined(separator: ","))
        case .intArray(let values): Self.shown("\(values)")
        case .doubleArray(let values): Self.shown("\(values)")
        case .boolArray(let values): Self.shown("\(values)")
        case .byteChunkArray(let values): "\(values.count) pieces of bytes"
        }
    }

    /// A text as it stands, if it can be a setting that somebody misspelt.
    private static func shown(_ text: String) -> String {
        if text.isEmpty { return "an empty text" }
        // Control characters would break the line of a log.
        guard text.unicodeScalars.count <= longest, text.unicodeScalars.allSatisfy({ (0x20...0x7E).contains($0.value) })
        else { return "a text of \(text.count) characters" }
        return text
    }
}

/// The providers' values behind a reader.
struct StoredValues {
    private static let types: [ConfigType] = [
        .string, .int, .double, .bool, .stringArray, .intArray, .doubleArray, .boolArray, .bytes, .byteChunkArray,
    ]

    let reader: ConfigSnapshotReader
    /// The full key of the reader's scope; empty if it has none, or keeps it to itself.
    let prefix: AbsoluteConfigKey
    /// The snapshots of the providers, in their order; nil if the reader keeps them to itself.
    private let snapshots: [any ConfigSnapshot]?

    init(_ reader: ConfigSnapshotReader) {
        self.reader = reader
        // The library tells nobody but access reporters the full key of a value, and whether it is secret. Reflection
        // finds both, and where it does not, no value is shown at all.
        let children = Mirror(reflecting: reader)
        self.prefix = children.descendant("keyPrefix", 0) as? AbsoluteConfigKey ?? AbsoluteConfigKey([])
        self.snapshots = children.descendant("storage", "snapshot", "snapshots") as? [any ConfigSnapshot]
    }

    /// The full key of a key.
    func fullKey(_ key: ConfigKey) -> AbsoluteConfigKey {
        AbsoluteConfigKey(prefix.components + key.components, context: prefix.context)
    }

    /// The value of a key, of whatever type; nil if there is none.
    func value(_ key: ConfigKey) -> StoredValue? {
        guard let snapshots else { return hiddenValue(key) }
        let fullKey = fullKey(key)
        for snapshot in snapshots {
            for type in Self.types {
                guard let value = try? snapshot.value(forKey: fullKey, type: type).value else { continue }
                return StoredValue(content: value.content, isSecret: value.isSecret)
            }
        }
        return nil
    }

    private func hiddenValue(_ key: ConfigKey) -> StoredValue? {
        let content: ConfigContent? =
            reader.string(forKey: key, isSecret: true).map { .string($0) }
            ?? reader.int(forKey: key, isSecret: true).map { .int($0) }
            ?? reader.double(forKey: key, isSecret: true).map { .double($0) }
            ?? reader.bool(forKey: key, isSecret: true).map { .bool($0) }
            ?? reader.stringArray(forKey: key, isSecret: true).map { .stringArray($0) }
        return content.map { StoredValue(content: $0, isSecret: true) }
    }
}
