/// Makes the errors of one Redis server.
struct RedisErrors: Sendable {
    /// The name of the store.
    let store: String
    /// Where the server is, without credentials.
    let location: String
    /// Whether the host is a name, which has to be resolved.
    let isNamed: Bool
    /// Whether connections are encrypted.
    let isEncrypted: Bool

    init(store: String, _ configuration: RedisConfiguration) {
        self.store = store
        self.location = configuration.location
        let digits = configuration.host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
        self.isNamed = !digits && !configuration.host.contains(":")
        self.isEncrypted = configuration.tls != .off
    }

    /// What an error reply of the server means.
    ///
    /// The text of the server is only handed on where it holds no argument of the command.
    ///
    /// - Parameter reply: The reply as the server worded it.
    func reply(_ reply: String) -> StorageError {
        let code = String(reply.prefix { $0 != " " })
        guard let known = RedisReplyMeaning.all[code] else { return other(reply, code) }
        return StorageError(
            known.problem, store: store, known.message(reply), remedy: known.remedy, code: code,
            isNotDone: true)
    }

    private func other(_ reply: String, _ code: String) -> StorageError {
        // Redis repeats the arguments of a command that it does not know.
        let text = reply.firstRange(of: ", with args").map { reply[..<$0.lowerBound] } ?? reply[...]
        if reply.contains("max number of clients reached") {
            return StorageError(
                .tooManyConnections, store: store, "the server has no connection left",
                remedy: "Raise maxclients, or lower the number of connections of each instance", code: code,
                isNotDone: true)
        }
        if code == "ERR", reply.contains("DB index is out of range") {
            return StorageError(
                .databaseMissing, store: store, "the server has no database of this number",
                remedy: "Use database 0, or raise 'databases' in the server's configuration", code: code,
                isNotDone: true)
        }
        let isCode = !code.isEmpty && code.count <= 32 && code.utf8.allSatisfy { (0x41...0x5a).contains($0) }
        return StorageError(
            .statement, store: store, "the server refused the command: \(StorageText.printable(text))",
            code: isCode ? code : nil)
    }

    // MARK: The connection

    /// The host's name does not resolve.
    func hostUnknown(_ reason: String, isPassing: Bool) -> StorageError {
        StorageError(
            isPassing ? .unreachable : .hostUnknown, store: store, "the host of \(location) is not found: \(reason)",
            remedy: "Correct the host, or the name service of this machine", isNotDone: true)
    }

    /// Nothing listens.
    var refused: StorageError {
        StorageError(
            .serviceDown, store: store, "nothing listens at \(location)",
            remedy: "Start it, for example with 'systemctl start redis-server', or correct host and port",
            isNotDone: true)
    }

    /// The address does not answer.
    func unreachable(_ reason: String) -> StorageError {
        StorageError(
            .unreachable, store: store, "\(location) cannot be reached: \(reason)",
            remedy: "Correct host and port, or let the port through the firewalls between", isNotDone: true)
    }

    /// The thread did not come back in time; only resolving a name takes longer than it is allowed to.
    var stuck: StorageError {
        StorageError(
            .timeout, store: store, "no connection to \(location) could be made in time",
            remedy: isNamed
                ? "See whether the name service of this machine answers, and whether the server hangs or is paused"
                : "See whether the server hangs or is paused", isNotDone: true)
    }

    /// The server accepted a connection and said nothing.
    var silent: StorageError {
        StorageError(
            .timeout, store: store, "\(location) accepts connections and does not answer",
            remedy: "See whether the server hangs or is paused"
                + (isEncrypted
                    ? ", and whether the port is one for TLS" : ", and whether the port is one for TLS (rediss://)"),
            isNotDone: true)
    }

    /// The connection broke.
    ///
    /// - Parameters:
    ///   - reason: In a few words.
    ///   - isSent: Whether a part of the commands was sent.
    func lost(_ reason: String, isSent: Bool) -> StorageError {
        StorageError(
            .connectionLost, store: store, "the connection to \(location) was lost: \(reason)", isNotDone: !isSent)
    }

    /// No answer came in time.
    func timeout(isSent: Bool) -> StorageError {
        StorageError(.timeout, store: store, "\(location) did not answer in time", isNotDone: !isSent)
    }

    /// What came is not Redis' protocol, or too much.
    func malformed(_ failure: RedisReplyReader.Failure, first: UInt8?) -> StorageError {
        switch failure {
        case .tooLarge(let limit):
            return StorageError(
                .value, store: store, "the reply of \(location) is too large: \(limit)",
                remedy: "Ask for less at once, or raise maxReplyBytes or maxReplyValues")
        case .malformed(let reason):
            // The first byte of a record of TLS.
            let remedy =
                first == 0x15 || first == 0x16
                ? "The port is one for TLS: write rediss://" : "Correct host and port: another service may answer there"
            return StorageError(
                .foreign, store: store, "what \(location) answers is not Redis' protocol: \(reason)", remedy: remedy)
        }
    }

    /// TLS could not be agreed upon.
    func tls(_ reason: String) -> StorageError {
        StorageError(
            .tls, store: store, "TLS with \(location) failed: \(reason)",
            remedy:
                "Use a certificate for this host, name its authority in 'authorities', or write redis:// for a plain"
                + " port",
            isNotDone: true)
    }

    /// The client was closed.
    var closed: StorageError {
        StorageError(.closed, store: store, "the connections to \(location) were closed", isNotDone: true)
    }

    /// The caller's command is one that cannot be sent.
    func invalid(_ reason: String) -> StorageError {
        StorageError(.value, store: store, reason, isNotDone: true)
    }
}

extension RedisErrors {
    /// Why no connection could be made.
    func connecting(_ error: any Error) -> StorageError {
        switch error {
        case RedisSocket.Failure.hostUnknown(let reason, let isPassing): hostUnknown(reason, isPassing: isPassing)
        case RedisSocket.Failure.refused: refused
        case RedisSocket.Failure.unreachable(let reason): unreachable(reason)
        case RedisSocket.Failure.lost(let reason): lost(reason, isSent: false)
        case RedisSocket.Failure.timeout: silent
        case let error as RedisTLSSession.Failure: tls(error.reason)
        default: lost("unknown", isSent: false)
        }
    }

    /// What an error reply to the login means.
    func login(_ reply: String, isPassword: Bool) -> StorageError {
        // Before users existed (Redis 5) a wrong password was an error without a code of its own.
        if isPassword, reply.hasPrefix("ERR invalid password") { return self.reply("WRONGPASS") }
        if isPassword, reply.hasPrefix("ERR"), reply.contains("without any password configured") {
            return StorageError(
                .authentication, store: store, "the server has no password, and the URL has one",
                remedy: "Remove the password from the URL, or set one with requirepass", code: "ERR", isNotDone: true)
        }
        return self.reply(reply)
    }
}

extension StorageError {
    /// The same error before any command of a caller was sent.
    var beforeAnyCommand: StorageError {
        var copy = self
        copy.isNotDone = true
        return copy
    }
}

extension RedisErrors {
    /// Whether an error reply says that the connection itself is no longer good: the login was revoked, or the server
    /// behind it has become a replica.
    static func asksForNewConnection(_ reply: String) -> Bool {
        ["NOAUTH", "READONLY", "MASTERDOWN"].contains { reply.hasPrefix($0) }
    }
}
