/// A connection to a server that is logged in.
///
/// Its methods block; it belongs to one thread.
final class RedisConnection {
    private let errors: RedisErrors
    private let socket: RedisSocket
    private let tls: RedisTLSSession?
    private let reader: RedisReplyReader
    /// What is to be sent, and how much of it has been.
    private var output: [UInt8] = []
    private var sent = 0
    private let input: UnsafeMutableRawBufferPointer
    private let decrypted: UnsafeMutableRawBufferPointer
    private var firstByte: UInt8?
    /// When the last operation ended well.
    private var lastUse = ContinuousClock.now
    /// Whether an operation broke off, so that what arrives next belongs to nobody.
    private(set) var isBroken = false

    /// Connects and logs in.
    init(
        _ configuration: RedisConfiguration, _ errors: RedisErrors, until deadline: ContinuousClock.Instant
    ) throws(StorageError) {
        guard
            let reader = RedisReplyReader(
                maxBytes: configuration.maxReplyBytes, maxValues: configuration.maxReplyValues)
        else { throw errors.lost("no memory", isSent: false) }
        self.errors = errors
        self.reader = reader
        do {
            self.socket = try RedisSocket(host: configuration.host, port: configuration.port, until: deadline)
            self.tls =
                configuration.tls == .off ? nil : try RedisTLSSession(host: configuration.host, configuration.tls)
        } catch {
            throw errors.connecting(error)
        }
        self.input = .allocate(byteCount: 64 << 10, alignment: 1)
        self.decrypted = .allocate(byteCount: tls == nil ? 0 : 64 << 10, alignment: 1)
        do {
            try shakeHands(until: deadline)
            try logIn(configuration, until: deadline)
        } catch {
            throw error.problem == .timeout ? errors.silent : error.beforeAnyCommand
        }
    }

    deinit {
        input.deallocate()
        decrypted.deallocate()
    }

    private func shakeHands(until deadline: ContinuousClock.Instant) throws(StorageError) {
        guard let tls else { return }
        do {
            while try !tls.shakeHands() {
                tls.takeOutput(into: &output)
                try step(until: deadline, feed: false) { _ in }
            }
            tls.takeOutput(into: &output)
        } catch let error as RedisTLSSession.Failure {
            throw errors.tls(error.reason)
        } catch {
            throw (error as? StorageError) ?? errors.lost("unknown", isSent: false)
        }
    }

    /// All that a login needs, in one round trip.
    private func logIn(
        _ configuration: RedisConfiguration, until deadline: ContinuousClock.Instant
    ) throws(StorageError) {
        var commands: [RedisCommand] = []
        if let password = configuration.password {
            commands.append(
                RedisCommand(["AUTH"] + (configuration.user.map { [.text($0)] } ?? []) + [.text(password)]))
        }
        if configuration.database != 0 { commands.append(["SELECT", .integer(Int64(configuration.database))]) }
        let isNamed = !configuration.clientName.isEmpty
        commands.append(isNamed ? ["CLIENT", "SETNAME", .text(configuration.clientName)] : ["PING"])
        // A server that refuses the connection itself says so once and closes it.
        let replies = try exchange(commands, until: deadline, stopsAtError: true)
        for (index, reply) in replies.enumerated() {
            guard case .error(let text) = reply else { continue }
            let error = errors.login(text, isPassword: configuration.password != nil && index == 0)
            // Some servers keep CLIENT from their users; a name is not worth a connection.
            let isName = index == commands.count - 1 && isNamed
            if isName, error.problem == .privilege || error.problem == .statement { continue }
            throw error
        }
    }

    // MARK: Operations

    /// The socket, to be watched while nothing is asked.
    var descriptor: Int32 { socket.descriptor }

    /// Whether the server has closed the connection, or something arrived that nobody asked for.
    var isStale: Bool { isBroken || socket.hasArrivals }

    /// How long nothing has happened.
    var idleness: Duration { .now - lastUse }

    /// Sends commands and takes as many replies.
    ///
    /// An error ends the connection's use.
    ///
    /// - Parameter stopsAtError: Whether to leave it at the first error reply, if others would follow.
    func exchange(
        _ commands: [RedisCommand], until deadline: ContinuousClock.Instant, stopsAtError: Bool = false
    ) throws(StorageError) -> [RedisValue] {
        isBroken = true
        // What is left is the end of a handshake.
        output.removeFirst(sent)
        if output.isEmpty, output.capacity > 1 << 20 { output = [] }
        sent = 0
        if let tls {
            var plain: [UInt8] = []
            for command in commands { command.encode(to: &plain) }
            try encrypt(plain, by: tls)
        } else {
            for command in commands { command.encode(to: &output) }
        }
        var replies: [RedisValue] = []
        replies.reserveCapacity(commands.count)
        var failure: RedisReplyReader.Failure?
        while replies.count < commands.count {
            try step(until: deadline, feed: true) { reader in
                do throws(RedisReplyReader.Failure) {
                    while replies.count < commands.count, let reply = try reader.next() { replies.append(reply) }
                } catch {
                    failure = error
                }
            }
            if let failure { throw errors.malformed(failure, first: firstByte) }
            if stopsAtError, replies.last?.error != nil, replies.count < commands.count { return replies }
        }
        guard sent == output.count else { throw errors.lost("the server answered before it was asked", isSent: true) }
        isBroken = false
        lastUse = .now
        return replies
    }

    private func encrypt(_ plain: [UInt8], by tls: RedisTLSSession) throws(StorageError) {
        do {
            try plain.withUnsafeBytes { bytes in try tls.encrypt(bytes) }
        } catch {
            throw errors.connecting(error)
        }
        tls.takeOutput(into: &output)
    }

    /// Sends and receives once what is possible, waiting until something is.
    private func step(
        until deadline: ContinuousClock.Instant, feed: Bool, _ arrived: (RedisReplyReader) -> Void
    ) throws(StorageError) {
        do {
            let ready = try socket.wait(toWrite: sent < output.count, until: deadline)
            if ready.canRead, let count = try socket.receive(into: input) {
                let bytes = UnsafeRawBufferPointer(rebasing: input[..<count])
                if firstByte == nil { firstByte = bytes.first }
                try take(bytes, feed: feed)
                arrived(reader)
            }
            if ready.canWrite, sent < output.count {
                sent += try output.withUnsafeBytes { bytes in
                    try socket.send(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
                }
            }
        } catch let error as RedisSocket.Failure {
            switch error {
            case .timeout: throw errors.timeout(isSent: sent > 0)
            case .lost(let reason): throw errors.lost(reason, isSent: sent > 0)
            case .hostUnknown, .refused, .unreachable: throw errors.connecting(error)
            }
        } catch let error as RedisReplyReader.Failure {
            throw errors.malformed(error, first: firstByte)
        } catch let error as RedisTLSSession.Failure {
            throw errors.lost(error.reason, isSent: sent > 0)
        } catch {
            throw errors.lost("unknown", isSent: sent > 0)
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, feed: Bool) throws {
        guard let tls else { return try reader.feed(bytes) }
        try tls.feed(bytes)
        guard feed else { return }
        while true {
            let count = try tls.decrypt(into: decrypted)
            guard count > 0 else { break }
            try reader.feed(UnsafeRawBufferPointer(rebasing: decrypted[..<count]))
        }
        // A change of keys has to be answered.
        tls.takeOutput(into: &output)
    }
}

extension RedisConnection {
    /// Whether the server still answers; asked after long idleness, when a connection may have been cut off without a
    /// word.
    func answers(until deadline: ContinuousClock.Instant) -> Bool {
        // Half of the time is kept for a new connection.
        let end = ContinuousClock.now + (deadline - .now) / 2
        let ping: RedisCommand = ["PING"]
        return (try? exchange([ping], until: end)) == [.status("PONG")]
    }
}
