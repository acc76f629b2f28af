extension PostgresFailure {
    /// What kind of trouble it is.
    var problem: StorageError.Problem {
        guard let sqlState else { return Self.problem(of: message) }
        return Self.special(sqlState, message) ?? Self.ofClass(String(sqlState.prefix(2)))
    }

    /// Codes that differ from the rest of their class.
    private static func special(_ code: String, _ message: String) -> StorageError.Problem? {
        switch code {
        case "08001", "08004": .serviceDown
        case "0A000", "58P01": namesExtension(message) ? .extensionMissing : nil
        case "42704": message.contains("\"vector\"") ? .extensionMissing : nil
        case "25006": .readOnly
        case "25P03", "25P04": .timeout
        case "40002": .constraint
        case "42501": .privilege
        case "53300": .tooManyConnections
        case "53100": .full
        case "55P03", "55006": .busy
        case "57014": .timeout
        case "57P01", "57P02", "57P03": .starting
        case "57P04": .databaseMissing
        case "57P05": .connectionLost
        case "XX001", "XX002": .corrupt
        default: nil
        }
    }

    private static func ofClass(_ code: String) -> StorageError.Problem {
        switch code {
        case "08": .connectionLost
        case "22": .value
        case "23", "44": .constraint
        case "28": .authentication
        case "3D": .databaseMissing
        case "40": .serialization
        case "03", "07", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "20", "21", "24", "25", "26", "27", "2B", "2D", "2F",
            "34", "38", "39", "3B", "3F", "42", "54", "55", "P0":
            .statement
        default: .other
        }
    }

    private static func namesExtension(_ message: String) -> Bool {
        message.contains("extension") && message.contains("vector")
    }

    /// What libpq's own messages mean; they are English, for this program sets no locale.
    private static func problem(of message: String) -> StorageError.Problem {
        for (problem, texts) in texts where texts.contains(where: message.contains) { return problem }
        return .other
    }

    /// In this order: a message about certificates may end with that of the socket.
    private static let texts: [(StorageError.Problem, [String])] = [
        (.hostUnknown, ["could not translate host name", "could not parse network address"]),
        (
            .foreign,
            [
                "invalid response to SSL negotiation", "invalid response to GSSAPI negotiation",
                "expected authentication request from server",
            ]
        ),
        (
            .tls,
            [
                "SSL error", "certificate", "does not support SSL", "SSL SYSCALL", "SSL connection", "private key file",
                "could not initialize SSL", "SSL negotiation", "not compiled in",
            ]
        ),
        (
            .authentication,
            ["no password supplied", "authentication method", "SCRAM", "channel binding", "fe_sendauth"]
        ),
        (.serviceDown, ["Connection refused", "Is the server running locally"]),
        (
            .unreachable,
            ["timeout expired", "timed out", "No route to host", "Network is unreachable", "Host is unreachable"]
        ),
        (
            .connectionLost,
            [
                "server closed the connection", "Connection reset", "Broken pipe", "could not receive data",
                "could not send data", "no connection to the server", "connection not open", "lost synchronization",
                "terminating connection",
            ]
        ),
    ]
}
