import SageGateway
import SageLLM

/// What is shown of clients' keys.
enum KeyReport {
    /// The keys in columns.
    static func table(_ keys: [GatewayConfiguration.ClientKey], _ style: TerminalStyle) -> [String] {
        guard !keys.isEmpty else { return ["no keys: any key is accepted, and only on this machine"] }
        var table = TextTable([
            "NAME", .number("REQUESTS/MIN"), .number("TOKENS/MIN"), "PRIORITY", "MODELS", "HASH",
        ])
        for key in keys {
            table.append([
                TextTable.Cell(key.name), TextTable.Cell(key.requestsPerMinute.map(String.init) ?? "-"),
                TextTable.Cell(key.tokensPerMinute.map(String.init) ?? "-"), TextTable.Cell(key.priority.rawValue),
                TextTable.Cell(key.models.map(\.text).joined(separator: ", ")),
                TextTable.Cell("\(key.hash.description.prefix(19))..."),
            ])
        }
        return table.lines(style)
    }

    /// A key as JSON.
    ///
    /// - Parameters:
    ///   - entry: What the configuration file holds.
    ///   - key: The key itself, for the one time that it is shown.
    static func json(_ entry: GatewayConfiguration.ClientKey, key: String? = nil) -> JSONValue {
        var members = JSONObject()
        if let key { members["key"] = .string(key) }
        members["name"] = .string(entry.name)
        members["hash"] = .string(entry.hash.description)
        members["requestsPerMinute"] = entry.requestsPerMinute.map { .integer(Int64($0)) } ?? .null
        members["tokensPerMinute"] = entry.tokensPerMinute.map { .integer(Int64($0)) } ?? .null
        members["priority"] = .string(entry.priority.rawValue)
        members["models"] = .array(entry.models.map { .string($0.text) })
        return .object(members)
    }
}

extension GatewayConfiguration.ClientKey {
    /// The entry for the section `keys` of the configuration file.
    var yamlLine: String {
        var members = ["name: \(Self.quoted(name))", "hash: \(Self.quoted(hash.description))"]
        if let requestsPerMinute { members.append("requestsPerMinute: \(requestsPerMinute)") }
        if let tokensPerMinute { members.append("tokensPerMinute: \(tokensPerMinute)") }
        members.append("priority: \(priority.rawValue)")
        members.append("models: [\(models.map { Self.quoted($0.text) }.joined(separator: ", "))]")
        return "- { \(members.joined(separator: ", ")) }"
    }

    /// The text as YAML reads it back; a dollar sign would begin a variable.
    private static func quoted(_ text: String) -> String {
        let doubled = text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
        return JSONValue.string(doubled).description
    }
}
