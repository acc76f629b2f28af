/// Removes credentials from text that may reach a log, an error or another person.
///
/// It knows the secrets of this process, when they are given, and the looks of the common ones: keys with the prefixes
/// of providers (`sk-`, `sk-ant-`, `AIza`, `gsk_`, `xai-`, `hf_`), `Bearer` tokens, values of query parameters and
/// headers that carry keys, and passwords in URLs. Each is replaced by `[redacted]` as a whole. It prefers to redact
/// too much. A value; safe to share between threads. Its description does not show the secrets.
public struct SecretRedaction: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// What stands in the place of a secret.
    public static let placeholder = "[redacted]"
    /// Recognises secrets by their looks alone.
    public static let patterns = SecretRedaction()

    /// Known secrets shorter than this many UTF-8 bytes are ignored; they would blot out ordinary words.
    public static let minimumSecretBytes = 4

    private let knownSecrets: [[UInt8]]

    /// Creates a redaction.
    ///
    /// - Parameter knownSecrets: Texts to remove wherever they occur, such as the configured API keys; those shorter
    ///   than 4 bytes are ignored. Defaults to none.
    public init(knownSecrets: some Sequence<String> = EmptyCollection<String>()) {
        // The longest first, because one secret may begin with another.
        self.knownSecrets =
            knownSecrets
            .map { Array($0.utf8) }
            .filter { $0.count >= Self.minimumSecretBytes }
            .sorted { $0.count > $1.count }
    }

    /// The text without secrets.
    public func redact(_ text: String) -> String {
        var scanner = SecretScanner(bytes: Array(text.utf8), knownSecrets: knownSecrets)
        return scanner.redacted().map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// How many secrets are known; never which.
    public var description: String { "SecretRedaction(\(knownSecrets.count) known secrets)" }

    /// Empty, so that `dump` does not show the secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
