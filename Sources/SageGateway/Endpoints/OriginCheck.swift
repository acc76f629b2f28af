import HTTPTypes
import NIOCore

/// Says which web pages may ask where no key is needed, and which may read answers.
///
/// A page of any site can have the browser on this machine send requests to it: by a form or a script, which the field
/// `Origin` tells, or by a name of its own that it lets point here (DNS rebinding), which the field `Host` tells.
struct OriginCheck: Sendable {
    private let needsKey: Bool
    /// Whether only this machine can reach the server; only then is it known by which names.
    private let isLoopback: Bool
    private let hosts: Set<String>
    private let origins: Set<String>

    init(_ server: GatewayConfiguration.Server, _ keys: ClientKeys) {
        needsKey = keys.areRequired
        isLoopback = server.isLoopback
        hosts = Set(server.allowedHosts)
        origins = Set(server.allowedOrigins)
    }

    /// Checks a request for what needs a key where there are any: then a page would need one.
    ///
    /// - Throws: ``GatewayError`` for a request that a page of another site has sent.
    func check(_ head: HTTPRequest) throws(GatewayError) {
        guard !needsKey else { return }
        try refuseForeign(head, knowsNames: isLoopback, listed: origins)
    }

    /// Checks a request without a key for what this machine may see without one.
    ///
    /// Where there are keys, a page that the configuration names shows one: it may be anybody's.
    ///
    /// - Throws: ``GatewayError`` for a request that a page of another site, or a proxy on this machine, has sent.
    func checkOperator(_ head: HTTPRequest) throws(GatewayError) {
        try refuseForeign(head, knowsNames: isLoopback || needsKey, listed: needsKey ? [] : origins)
    }

    private func refuseForeign(
        _ head: HTTPRequest, knowsNames: Bool, listed: Set<String>
    ) throws(GatewayError) {
        let own = head.authority.map { Self.host(ofAuthority: $0[...]).lowercased() }
        if let origin = head.headerFields[.origin] {
            let host = Self.host(ofOrigin: origin.lowercased()).map(String.init)
            let isOwn = host.map { $0 == own || hosts.contains($0) } ?? false
            guard isOwn || Self.isKnown(origin, listed) else { throw Self.foreignPage("origin") }
        } else if head.headerFields[.fetchSite] == "cross-site", head.headerFields[.fetchMode] != "navigate" {
            // What a page loads without an origin, such as a picture; but not a link that somebody follows.
            throw Self.foreignPage("sec-fetch-site")
        }
        guard knowsNames, let own, !own.isEmpty, !hosts.contains("*") else { return }
        guard Self.isLocal(own) || hosts.contains(own) else {
            throw GatewayError(
                .unauthorized,
                "the field Host names another machine; without keys only localhost, addresses and the names in "
                    + "server.allowedHosts are served", status: 403, parameter: "host")
        }
    }

    /// Whether pages of an origin may read answers: those of the visitor's machine, and those that the configuration names.
    ///
    /// Not those of the server's own name: a browser needs no leave for its own pages, and by another port, or by a name
    /// that was let point here, they are somebody else's.
    func mayRead(_ origin: String) -> Bool { Self.isKnown(origin, origins) }

    private static func isKnown(_ origin: String, _ listed: Set<String>) -> Bool {
        let origin = origin.lowercased()
        if listed.contains(origin) || listed.contains("*") { return true }
        return host(ofOrigin: origin).map { isLoopback(String($0)) } ?? false
    }

    private static func foreignPage(_ field: String) -> GatewayError {
        GatewayError(
            .unauthorized,
            "web pages of other sites may not use this server; configure keys, or server.allowedOrigins, to allow it",
            status: 403, parameter: field)
    }

    private static func host(ofOrigin origin: String) -> Substring? {
        guard let range = origin.firstRange(of: "://") else { return nil }
        let host = host(ofAuthority: origin[range.upperBound...])
        return host.isEmpty ? nil : host
    }

    private static func host(ofAuthority authority: Substring) -> Substring {
        if authority.first == "[", let end = authority.firstIndex(of: "]") {
            return authority[authority.index(after: authority.startIndex)..<end]
        }
        let host = authority.prefix { $0 != ":" }
        return host.hasSuffix(".") ? host.dropLast() : host
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "::1"
            || host.hasPrefix("127.") && (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    /// Names without a dot and addresses: nobody can let them point elsewhere.
    private static func isLocal(_ name: String) -> Bool {
        if name == "localhost" || name == "127.0.0.1" { return true }
        if !name.contains(".") || name.hasSuffix(".localhost") { return true }
        return (try? SocketAddress(ipAddress: name, port: 0)) != nil
    }
}
