import NIOCore

/// Where connections go.
struct UpstreamOrigin: Sendable, Hashable {
    let isSecure: Bool
    /// A name or an address, without brackets.
    let host: String
    let port: Int
}

/// An absolute URL, taken apart and ready to be written.
struct UpstreamURL: Sendable {
    let origin: UpstreamOrigin
    /// From the space after the method to the end of the line.
    let requestLine: ByteBuffer
    /// The field Host, its end of line included.
    let hostField: ByteBuffer

    /// Takes a URL apart.
    ///
    /// - Throws: `invalidRequest`, which does not repeat the URL: a key may be in its query.
    init(_ text: String) throws(UpstreamFailure) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalidRequest(detail: "the URL has a character that must be percent-encoded")
        }
        let (rest, isSecure) = try Self.afterScheme(text)
        let withoutFragment = rest.prefix { $0 != "#" }
        let authority = withoutFragment.prefix { $0 != "/" && $0 != "?" }
        let path = withoutFragment[authority.endIndex...]
        guard !authority.contains("@") else {
            throw .invalidRequest(detail: "the URL has a user or a password in front of its host")
        }
        let (host, port) = try Self.hostAndPort(authority)
        let defaultPort = isSecure ? 443 : 80
        origin = UpstreamOrigin(isSecure: isSecure, host: host, port: port ?? defaultPort)

        var line = ByteBuffer()
        line.writeString(path.first == "/" ? " " : " /")
        line.writeSubstring(path)
        line.writeString(" HTTP/1.1\r\n")
        requestLine = line
        let name = host.contains(":") ? "[\(host)]" : host
        let suffix = origin.port == defaultPort ? "" : ":\(origin.port)"
        hostField = ByteBuffer(string: "host: \(name)\(suffix)\r\n")
    }

    private static func afterScheme(_ text: String) throws(UpstreamFailure) -> (Substring, isSecure: Bool) {
        let scheme = text.prefix { $0 != ":" }
        let rest = text[scheme.endIndex...]
        guard rest.hasPrefix("://") else { throw .invalidRequest(detail: "the URL is not absolute") }
        switch scheme.lowercased() {
        case "http": return (rest.dropFirst(3), false)
        case "https": return (rest.dropFirst(3), true)
        default: throw .invalidRequest(detail: "the URL's scheme is neither http nor https")
        }
    }

    private static func hostAndPort(_ authority: Substring) throws(UpstreamFailure) -> (String, Int?) {
        let host: Substring
        let suffix: Substring
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else {
                throw .invalidRequest(detail: "the URL's address has no closing bracket")
            }
            host = authority[authority.index(after: authority.startIndex)..<close]
            suffix = authority[authority.index(after: close)...]
            guard host.contains(":"), host.utf8.allSatisfy({ $0.hexadecimalValue != nil || $0 == .colon || $0 == 0x2E })
            else { throw .invalidRequest(detail: "the URL's host is not an address of IPv6") }
        } else {
            host = authority.prefix { $0 != ":" }
            suffix = authority[host.endIndex...]
            guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(\.isHostText) else {
                throw .invalidRequest(detail: "the URL's host is not a name or an address")
            }
        }
        guard !suffix.isEmpty else { return (host.lowercased(), nil) }
        guard suffix.first == ":" else { throw .invalidRequest(detail: "the URL's host is not a name or an address") }
        let digits = suffix.dropFirst()
        // An empty port is the scheme's own (RFC 3986, section 3.2.3).
        guard !digits.isEmpty else { return (host.lowercased(), nil) }
        guard digits.utf8.count <= 5, digits.utf8.allSatisfy(\.isDigit), let port = Int(digits),
            (1...65_535).contains(port)
        else { throw .invalidRequest(detail: "the URL's port is not a number of 1...65535") }
        return (host.lowercased(), port)
    }
}

extension UInt8 {
    /// Letters, digits, `-`, `.`, `_` and `~`; no percent-encoding, which no resolver understands.
    fileprivate var isHostText: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
