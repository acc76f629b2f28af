extension GatewayConfiguration {
    /// Where the server listens and what it accepts from its clients.
    package struct Server: Sendable, Hashable {
        /// The address to listen on.
        package var host = "127.0.0.1"
        /// The port; 0 lets the system choose one.
        package var port = 4141
        /// What opens the admin interface from elsewhere than loopback; nil closes it there.
        package var adminToken: Secret?
        /// Names of hosts that requests may be for besides loopback's, in lower case, or `*` for any.
        ///
        /// They count where no keys are configured and only this machine is served, and for what this machine may see
        /// without a key.
        package var allowedHosts: [String] = []
        /// Sites whose pages may read answers, and may ask where no key is needed: origins in lower case,
        /// `https://app.example`, or `*` for any.
        package var allowedOrigins: [String] = []
        /// The largest body of a request in bytes.
        package var maxBodyBytes = 33_554_432
        /// The most bytes that the headers of a request take together.
        package var maxHeaderBytes = 65_536
        /// How long a connection may stay open without a request.
        package var idleTimeout: Duration = .seconds(120)
        /// How long a client may take to send a whole request.
        package var requestTimeout: Duration = .seconds(60)
        /// After how long without a first token a client that waits for a stream gets pings; zero sends none.
        package var streamKeepAlive: Duration = .seconds(10)
        /// How long requests in flight may go on after the signal to stop.
        package var shutdownGrace: Duration = .seconds(30)

        /// Creates the defaults.
        package init() {}
    }
}

extension GatewayConfiguration.Server {
    static let fields = FieldTable(
        [
            Field("host", \.host, .host),
            Field("port", \.port, .integer(0...65_535)),
            Field("adminToken", \.adminToken, .secret),
            Field("allowedHosts", \.allowedHosts, .list(.hostName)),
            Field("allowedOrigins", \.allowedOrigins, .list(.origin)),
            Field("maxBodyBytes", \.maxBodyBytes, .size(1024...1_073_741_824)),
            Field("maxHeaderBytes", \.maxHeaderBytes, .size(1024...1_048_576)),
            Field("idleTimeout", \.idleTimeout, .duration(.seconds(1) ... .seconds(3600))),
            Field("requestTimeout", \.requestTimeout, .duration(.seconds(1) ... .seconds(3600))),
            Field("streamKeepAlive", \.streamKeepAlive, .duration(.zero ... .seconds(3600))),
            Field("shutdownGrace", \.shutdownGrace, .duration(.zero ... .seconds(3600))),
        ],
        initial: { GatewayConfiguration.Server() })
}

extension FieldFormat<String> {
    /// A name of a host or an address, without a port, or `*`; kept in lower case.
    fileprivate static var hostName: Self {
        .scalar(
            allowed: "a host name or an IP address without a port, for example sage.lan, or *", render: { .text($0) }
        ) { text in
            let isHost =
                !text.isEmpty && text.utf8.count <= 253
                && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._:".contains($0)) }
            let hasPort = text.filter { $0 == ":" }.count == 1
            return isHost && !hasPort || text == "*" ? text.lowercased() : nil
        }
    }

    /// An origin of web pages, `null` or `*`; kept as browsers write it, in lower case and without the port that goes
    /// without saying.
    fileprivate static var origin: Self {
        .scalar(
            allowed: "an origin as browsers write it, for example https://app.example:8443, or null, or *",
            render: { .text($0) }
        ) { text in
            if text == "*" || text == "null" { return text }
            guard let scheme = text.firstRange(of: "://"), text.utf8.count <= 512 else { return nil }
            let isScheme = text[..<scheme.lowerBound].allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0))
            }
            let rest = text[scheme.upperBound...]
            let isHost = rest.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._:[]".contains($0)) }
            guard isScheme, isHost, scheme.lowerBound > text.startIndex, !rest.isEmpty else { return nil }
            let origin = text.lowercased()
            for (scheme, port) in [("https://", ":443"), ("http://", ":80")]
            where origin.hasPrefix(scheme) && origin.hasSuffix(port) {
                return String(origin.dropLast(port.count))
            }
            return origin
        }
    }

    /// A host name or an IP address to listen on.
    fileprivate static var host: Self {
        .scalar(
            allowed: "a host name or an IP address, for example 127.0.0.1, 0.0.0.0, ::1 or localhost",
            render: { .text($0) }
        ) { text in
            let isHost =
                !text.isEmpty && text.utf8.count <= 253
                && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._:".contains($0)) }
            return isHost ? text : nil
        }
    }
}
