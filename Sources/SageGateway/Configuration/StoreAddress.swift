/// Where a store keeps its data: a file, or a server.
///
/// Credentials in an address are kept as a secret: no way of printing an address shows them.
package enum StoreAddress: Sendable, Hashable {
    /// Nowhere: what is known stays in this process and ends with it.
    case local
    /// An SQLite file; a relative path starts at the data directory.
    case sqlite(path: String)
    /// A database of PostgreSQL.
    case postgres(StoreURL)
    /// A database of Redis.
    case redis(StoreURL)

    /// The kinds of stores that a part of Sage can use.
    enum Kind: String, Sendable, CaseIterable {
        case local, sqlite, postgres, redis
    }

    /// Reads an address; nil for anything that is none, or of another kind.
    init?(_ text: String, _ kinds: [Kind]) {
        if text == "local", kinds.contains(.local) {
            self = .local
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        switch text[..<colon].lowercased() {
        case "sqlite" where kinds.contains(.sqlite):
            var path = text[text.index(after: colon)...]
            // `sqlite:///var/lib/sage.db`, as other programs write it.
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            guard !path.isEmpty, path.utf8.count <= 4096, !Printable.hasControlCharacters(String(path)),
                path.last != "/", !Self.hasOptions(path)
            else { return nil }
            self = .sqlite(path: String(path))
        case "postgres" where kinds.contains(.postgres), "postgresql" where kinds.contains(.postgres):
            guard let url = StoreURL(text) else { return nil }
            self = .postgres(url)
        case "redis" where kinds.contains(.redis), "rediss" where kinds.contains(.redis):
            guard let url = StoreURL(text) else { return nil }
            self = .redis(url)
        default: return nil
        }
    }

    /// Whether what should be the path of a file goes on as a URL would.
    fileprivate static func hasOptions(_ path: some StringProtocol) -> Bool {
        path.contains { $0 == "?" || $0 == "#" }
    }

    /// The address for `/status` and messages, without user, password and parameters.
    package var publicDescription: String {
        switch self {
        case .local: "local"
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let url), .redis(let url): url.publicDescription
        }
    }

    /// The address as the effective configuration shows it, its secrets redacted.
    var redactedDescription: String {
        switch self {
        case .local, .sqlite: publicDescription
        case .postgres(let url), .redis(let url): url.redactedDescription
        }
    }

    /// The address with a relative path set into a directory.
    ///
    /// - Parameter directory: The data directory.
    package func resolved(in directory: String) -> StoreAddress {
        guard case .sqlite(let path) = self, !path.hasPrefix("/") else { return self }
        let relative = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return .sqlite(path: directory.hasSuffix("/") ? directory + relative : "\(directory)/\(relative)")
    }
}

/// The address of a server with a database, whose credentials are kept from view.
package struct StoreURL: Sendable, Hashable, CustomStringConvertible {
    private let text: Secret
    private let scheme: String
    private let user: String?
    private let hasPassword: Bool
    private let place: String
    private let parameters: String

    /// Reads an address such as `postgres://user:password@host:5432/db`.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://"), text.utf8.count <= 4096,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let afterAuthority = rest[authority.endIndex...]
        let path = afterAuthority.prefix { $0 != "?" && $0 != "#" }
        let at = authority.lastIndex(of: "@")
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        let credentials = at.map { authority[..<$0] }
        guard Self.isHost(host), !afterAuthority.contains("#") else { return nil }
        self.text = Secret(text)
        scheme = text[..<separator.lowerBound].lowercased()
        user = credentials.map { String($0.prefix { $0 != ":" }) }
        hasPassword = credentials?.contains(":") == true
        place = "\(host)\(path)"
        parameters = String(afterAuthority[path.endIndex...].dropFirst())
    }

    package var description: String { redactedDescription }

    /// Hands out the whole address, for the one place that connects with it.
    package func reveal() -> String { text.reveal() }

    package var publicDescription: String { "\(scheme)://\(place)" }

    var redactedDescription: String {
        let credentials = user.map { hasPassword ? "\($0):\(Secret.placeholder)@" : "\($0)@" } ?? ""
        let lowercased = parameters.lowercased()
        let shown =
            parameters.isEmpty
            ? "" : lowercased.contains("pass") || lowercased.contains("secret") ? Secret.placeholder : parameters
        return "\(scheme)://\(credentials)\(place)\(shown.isEmpty ? "" : "?\(shown)")"
    }

    private static func isHost(_ text: Substring) -> Bool {
        var host = text
        if let end = text.lastIndex(of: "]") {
            guard text.first == "[" else { return false }
            host = text[text.index(after: end)...]
            guard !host.isEmpty else { return true }
        } else {
            let name = text.prefix { $0 != ":" }
            guard !name.isEmpty else { return false }
            host = text[name.endIndex...]
        }
        guard !host.isEmpty else { return true }
        let port = host.dropFirst()
        return host.first == ":" && (Int(port).map { (1...65_535).contains($0) } ?? false)
    }
}

extension FieldFormat<StoreAddress> {
    /// The address of a store; a refused one is not repeated if it could contain a password.
    ///
    /// - Parameter kinds: The kinds of stores that are possible here.
    static func store(_ kinds: [StoreAddress.Kind]) -> Self {
        let examples = kinds.map { kind in
            switch kind {
            case .local: "local"
            case .sqlite: "sqlite:sage.db"
            case .postgres: "postgres://user:password@host:5432/db"
            case .redis: "redis://host:6379/0"
            }
        }
        let last = examples.last ?? ""
        let allowed = examples.count > 1 ? examples.dropLast().joined(separator: ", ") + " or \(last)" : last
        return .scalar(allowed: "an address such as \(allowed)", render: { .text($0.redactedDescription) }) {
            (text) throws(Refusal) in
            if let address = StoreAddress(text, kinds) { return address }
            // It holds no password, and would otherwise be the name of a file that nobody meant.
            if kinds.contains(.sqlite), text.lowercased().hasPrefix("sqlite:"), StoreAddress.hasOptions(text) {
                throw Refusal(
                    message: ", but a file takes no options here; allowed is a path without '?' and '#', such as "
                        + "sqlite:sage.db")
            }
            throw Refusal(
                message: "; allowed is an address such as \(allowed)",
                hidesValue: text.contains("@") || text.contains("?"))
        }
    }
}
