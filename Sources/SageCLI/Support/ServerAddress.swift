import SageGateway

/// The address and the credentials of a running server, from options or from the environment.
struct ServerAddress: Sendable {
    static let fallback = "http://127.0.0.1:4141"

    /// The address of the server, without a path of ours.
    let url: BaseURL
    /// What is sent as a bearer token.
    let token: Secret?

    /// Reads address and token.
    ///
    /// - Parameters:
    ///   - url: The value of `--url`; without it `SAGE_URL` counts.
    ///   - token: The value of `--token`; without it `SAGE_ADMIN_TOKEN` counts.
    ///   - environment: The variables of the process; an empty one counts as unset.
    /// - Throws: ``CommandFailure`` that names the option or variable, never a secret.
    init(url: String?, token: String?, environment: [String: String]) throws(CommandFailure) {
        let (text, source) = Self.first(("--url", url), ("SAGE_URL", environment["SAGE_URL"])) ?? (Self.fallback, "")
        guard let address = BaseURL(text.hasSuffix("/status") ? String(text.dropLast("/status".count)) : text) else {
            // What could be a password is not repeated.
            let shown = text.contains { "@?#".contains($0) } ? "not valid" : text.printable
            throw CommandFailure(
                .usage,
                "\(source) is \(shown); allowed is an http or https address such as \(Self.fallback), "
                    + "without user, password, query or fragment")
        }
        self.url = address
        let given = Self.first(("--token", token), ("SAGE_ADMIN_TOKEN", environment["SAGE_ADMIN_TOKEN"]))
        guard given.map({ $0.value.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) ?? true else {
            throw CommandFailure(
                .usage,
                "\(given?.source ?? "") has a value that is not shown here; allowed is text without spaces or control "
                    + "characters")
        }
        self.token = given.map { Secret($0.value) }
    }

    /// The first of some values that is set.
    private static func first(_ candidates: (source: String, value: String?)...) -> (value: String, source: String)? {
        for (source, value) in candidates {
            // An option is what was typed, however empty; an empty variable counts as unset.
            if let value, !value.isEmpty || source.hasPrefix("--") { return (value, source) }
        }
        return nil
    }
}
