import SageResilience

/// The parts of `scheme://[user[:password]@][host][:port][/path][?options]`.
///
/// No error shows the user, the password, or what might be the rest of a password that nobody has encoded.
struct ServerURL {
    /// The most bytes of a URL.
    static let longest = 1 << 17

    /// In lower case.
    let scheme: String
    private(set) var host: String?
    private(set) var port: Int?
    /// Nil when there is none, and when it is empty.
    private(set) var user: String?
    /// Nil when there is no colon behind the user.
    private(set) var password: String?
    /// What stands between the slash and the question mark, still percent-encoded.
    let path: Substring
    var options: URLOptions

    /// - Parameters:
    ///   - url: The URL.
    ///   - schemes: Those that it may have, in lower case.
    init(_ url: String, schemes: [String]) throws(ConfigurationError) {
        guard url.utf8.count <= Self.longest else {
            throw ConfigurationError(
                field: "url", value: "\(url.utf8.count) bytes long", allowed: "up to 131,072 bytes")
        }
        guard let scheme = StorageText.scheme(of: url), schemes.contains(scheme),
            let separator = url.firstRange(of: "://"), url[..<separator.lowerBound].utf8.count == scheme.utf8.count
        else {
            throw ConfigurationError(
                field: "url", value: "of another scheme",
                allowed: schemes.map { $0 + "://" }.joined(separator: " or "))
        }
        self.scheme = scheme
        var rest = url[separator.upperBound...]
        guard !rest.contains("#") else {
            throw ConfigurationError(
                field: "url", value: "with a '#'", allowed: "a URL without; write %23 in a password")
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        rest = rest[authority.endIndex...]
        guard !rest.contains("@") || authority.contains("@") else {
            throw ConfigurationError(
                field: "url", value: "with an '@' after '/' or '?'",
                allowed: "a password in which these are written %2F and %3F")
        }
        let path = rest.prefix { $0 != "?" }
        self.path = path.dropFirst()
        options = try URLOptions(rest[path.endIndex...].dropFirst())
        try readAuthority(authority)
    }

    private mutating func readAuthority(_ authority: Substring) throws(ConfigurationError) {
        var address = authority
        if let at = authority.lastIndex(of: "@") {
            try readCredentials(authority[..<at])
            address = authority[authority.index(after: at)...]
        }
        if address.first == "[" {
            guard let end = address.firstIndex(of: "]") else {
                throw ConfigurationError(field: "host", value: StorageText.quoted(address), allowed: "[address]")
            }
            host = String(address[address.index(after: address.startIndex)..<end])
            address = address[address.index(after: end)...]
        } else {
            let name = address.prefix { $0 != ":" }
            if !name.isEmpty { host = try StorageText.decoded(name, "host") }
            address = address[name.endIndex...]
        }
        guard !address.isEmpty else { return }
        guard address.first == ":", let port = StorageText.number(address.dropFirst()), (1...65_535).contains(port)
        else {
            throw ConfigurationError(
                field: "port", value: StorageText.quoted(address.drop { $0 == ":" }), allowed: "1 to 65535")
        }
        self.port = port
    }

    private mutating func readCredentials(_ credentials: Substring) throws(ConfigurationError) {
        let name = credentials.prefix { $0 != ":" }
        let user = try StorageText.decoded(name, "user", isSecret: true)
        self.user = user.isEmpty ? nil : user
        guard name.endIndex != credentials.endIndex else { return }
        password = try StorageText.decoded(credentials[name.endIndex...].dropFirst(), "password", isSecret: true)
    }
}
