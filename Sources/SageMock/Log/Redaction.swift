/// Hides credentials, so that a recorded request can be shown, logged and attached to a report.
enum Redaction {
    /// A header's value, with a credential reduced to its scheme and, when it is long, its last four characters.
    ///
    /// The end is enough for a test to tell which of its keys arrived.
    static func header(_ name: String, _ value: String) -> String {
        guard isCredential(name.lowercased()) else { return value }
        let words = value.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].count <= 16, name.lowercased().hasSuffix("authorization") else {
            return hidden(value)
        }
        return "\(words[0]) \(hidden(words[1]))"
    }

    /// A path with the values of the query's `key` hidden, where one provider carries its key.
    static func path(_ target: String) -> String {
        guard let mark = target.firstIndex(of: "?") else { return target }
        let items = target[target.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
        let shown = items.map { item in
            item.hasPrefix("key=") ? "key=\(hidden(item.dropFirst(4)))" : String(item)
        }
        return target[...mark] + shown.joined(separator: "&")
    }

    private static func isCredential(_ name: String) -> Bool {
        name.hasSuffix("authorization") || name.hasSuffix("cookie") || name.hasSuffix("api-key")
            || name.hasSuffix("-token") || name.hasSuffix("secret")
    }

    private static func hidden(_ secret: some StringProtocol) -> String {
        secret.count >= 12 ? "***\(secret.suffix(4))" : "***"
    }
}
