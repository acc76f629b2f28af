import SageResilience

/// The address of a provider: `http` or `https`, a host, an optional port and a path, nothing else.
///
/// Credentials, a query or a fragment are refused: the first belong into `apiKey`, which is never printed, and the
/// others would end up in the middle of the addresses that are built from this one.
package struct BaseURL: Sendable, Hashable, CustomStringConvertible {
    /// Whether the connection is encrypted.
    package let isSecure: Bool
    /// The host name or address in lower case; an IPv6 address without brackets.
    package let host: String
    /// The port; the scheme's own where none is written.
    package let port: Int
    /// The path without a slash at its end; empty or beginning with a slash.
    package let path: String

    static let allowed = "an http or https address such as https://api.openai.com/v1"

    /// Reads an address; nil for anything else than the parts above.
    ///
    /// - Parameter text: The address; slashes at its end do not count.
    package init?(_ text: String) {
        var rest = text[...]
        if let afterScheme = Self.dropping("https://", from: rest) {
            isSecure = true
            rest = afterScheme
        } else if let afterScheme = Self.dropping("http://", from: rest) {
            isSecure = false
            rest = afterScheme
        } else {
            return nil
        }
        guard text.utf8.count <= 2048, rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !rest.utf8.contains(where: { "?#@\\\"<>^`{|}".utf8.contains($0) })
        else { return nil }
        let authority = rest.prefix { $0 != "/" }
        var path = rest[authority.endIndex...]
        while path.last == "/" { path.removeLast() }
        guard let (host, port) = Self.hostAndPort(authority), !path.contains("//"),
            !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
        else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        self.path = String(path)
    }

    package var description: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let shownPort = port == (isSecure ? 443 : 80) ? "" : ":\(port)"
        return "\(isSecure ? "https" : "http")://\(shownHost)\(shownPort)\(path)"
    }

    /// Whether the address is on this machine.
    var isLoopback: Bool { host == "localhost" || host.hasPrefix("127.") || host == "::1" }

    /// Whether the address leads to an API version, as OpenAI's clients expect of it.
    var namesVersion: Bool {
        path.split(separator: "/").contains { segment in
            segment.first == "v" && segment.dropFirst().first?.isASCII == true
                && segment.dropFirst().first?.isNumber == true
        }
    }

    /// Whether the address is that of a single operation, which is added by Sage itself.
    var namesEndpoint: Bool {
        ["/completions", "/embeddings", "/responses", "/models", "/messages"].contains { path.hasSuffix($0) }
    }

    private static func dropping(_ scheme: String, from text: Substring) -> Substring? {
        text.prefix(scheme.count).lowercased() == scheme ? text.dropFirst(scheme.count) : nil
    }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var rest: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
            guard host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }),
                host.first != ".", host.first != "-"
            else { return nil }
        }
        guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
        guard !rest.isEmpty else { return (host.lowercased(), nil) }
        guard rest.removeFirst() == ":", rest.utf8.count <= 5, rest.utf8.allSatisfy(DecimalText.isDigit),
            let port = Int(rest), (1...65_535).contains(port)
        else { return nil }
        return (host.lowercased(), port)
    }
}

extension FieldFormat<BaseURL> {
    /// The address of a provider; a refused one is not repeated if it could contain a password or a key.
    static var baseURL: Self {
        .scalar(allowed: BaseURL.allowed, render: { .text($0.description) }) { (text) throws(Refusal) in
            if let url = BaseURL(text) { return url }
            let mayHoldSecret = text.contains { "@?#".contains($0) }
            throw Refusal(
                message: "; allowed is \(BaseURL.allowed), without user, password, query or fragment",
                hidesValue: mayHoldSecret)
        }
    }
}
