import SageResilience

extension Redis {
    /// Looks at the server step by step over a connection of its own, past all policies.
    ///
    /// It writes one key for a second and removes it.
    ///
    /// - Returns: What was found; it ends within the connect timeout and four command timeouts.
    public func diagnose() async -> RedisDiagnosis {
        var diagnosis = RedisDiagnosis(location: location)
        do {
            let thread = try RedisThread(store: name)
            await RedisExamination(configuration: configuration, errors: errors, thread: thread).run(&diagnosis)
        } catch {
            diagnosis.fail(.name, error)
        }
        diagnosis.finish()
        return diagnosis
    }
}

/// The steps of a diagnosis.
private struct RedisExamination {
    let configuration: RedisConfiguration
    let errors: RedisErrors
    let thread: RedisThread

    func run(_ diagnosis: inout RedisDiagnosis) async {
        do {
            let count = try await resolve()
            diagnosis.note(.name, .passed, "\(configuration.host) has \(count) \(count == 1 ? "address" : "addresses")")
        } catch {
            return diagnosis.fail(.name, error)
        }
        do {
            try await connect()
            diagnosis.note(.connection, .passed, "\(configuration.location) answers")
            diagnosis.note(.login, .passed, "logged in")
        } catch {
            guard Self.isAfterConnecting(error) else { return diagnosis.fail(.connection, error) }
            diagnosis.note(.connection, .passed, "\(configuration.location) answers")
            return diagnosis.fail(.login, error)
        }
        await readInformation(&diagnosis)
    }

    private static func isAfterConnecting(_ error: StorageError) -> Bool {
        switch error.problem {
        case .hostUnknown, .serviceDown, .unreachable, .tls, .connectionLost, .timeout, .foreign: false
        default: true
        }
    }

    private func resolve() async throws(StorageError) -> Int {
        try await step(configuration.connectTimeout) { [configuration, errors] _ throws(StorageError) in
            do throws(RedisSocket.Failure) {
                return try HostAddresses(host: configuration.host, port: configuration.port).all.count
            } catch {
                throw errors.connecting(error)
            }
        }
    }

    private func connect() async throws(StorageError) {
        try await step(configuration.connectTimeout) { [configuration, errors] connection throws(StorageError) in
            connection = try RedisConnection(configuration, errors, until: .now + configuration.connectTimeout)
        }
    }

    private func readInformation(_ diagnosis: inout RedisDiagnosis) async {
        let information: RedisInformation
        do {
            information = RedisInformation(try await ask(["INFO"]).text ?? "")
        } catch {
            return diagnosis.fail(.version, error)
        }
        diagnosis.version = information["redis_version"].map { StorageText.printable($0, limit: 40) }
        guard let version = diagnosis.version, let major = Int(version.prefix { $0 != "." }) else {
            return diagnosis.note(.version, .failed, "the server does not tell its version")
        }
        if major >= 6 {
            diagnosis.note(.version, .passed, "Redis \(version)")
        } else {
            diagnosis.note(
                .version, .failed, "Redis \(version) is too old", remedy: "Install Redis 6 or later, or Valkey")
        }
        do {
            try await write()
            diagnosis.note(.writing, .passed, "keys can be written and scripts run")
        } catch {
            diagnosis.fail(.writing, error)
        }
        judgeEviction(information, &diagnosis)
    }

    private func write() async throws(StorageError) {
        let key = "sage:doctor:\(UInt64.random(in: 0 ... .max))"
        // In one step, so that a user without the right to run scripts is found, too.
        let text = "redis.call('SET', KEYS[1], ARGV[1], 'PX', 1000) return redis.call('DEL', KEYS[1])"
        _ = try await ask(["EVAL", .text(text), 1, .text(key), "1"])
    }

    private func judgeEviction(_ information: RedisInformation, _ diagnosis: inout RedisDiagnosis) {
        guard let policy = information["maxmemory_policy"] else {
            return diagnosis.note(.eviction, .warning, "the server does not tell its maxmemory-policy")
        }
        let name = StorageText.printable(policy, limit: 40)
        if information["maxmemory"] == "0" || policy == "noeviction" {
            return diagnosis.note(.eviction, .passed, "no keys are removed before their time (\(name))")
        }
        diagnosis.note(
            .eviction, .warning,
            "when its memory is full the server removes keys before their time (\(name)): limits then begin anew",
            remedy: "CONFIG SET maxmemory-policy noeviction, also in the server's configuration file")
    }

    private func ask(_ command: RedisCommand) async throws(StorageError) -> RedisValue {
        try await step(configuration.commandTimeout) { [configuration, errors] connection throws(StorageError) in
            guard let open = connection else { throw errors.lost("it is closed", isSent: false) }
            let reply = try open.exchange([command], until: .now + configuration.commandTimeout)[0]
            if case .error(let text) = reply { throw errors.reply(text) }
            return reply
        }
    }

    /// Runs a step, waiting for it no longer than its time: resolving a name cannot be interrupted.
    private func step<Result: Sendable>(
        _ limit: Duration, _ job: @escaping @Sendable (inout RedisConnection?) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        do {
            // Long enough that on a busy machine the thread's own verdict comes first.
            return try await TimeLimiter(limit + .seconds(1)).execute { [thread] in try await thread.run(job) }
        } catch let error as StorageError {
            throw error
        } catch is TimeLimiterError {
            throw errors.stuck
        } catch {
            throw errors.lost("the examination was cancelled", isSent: false)
        }
    }
}

/// What `INFO` answers.
struct RedisInformation {
    private var fields: [Substring: Substring] = [:]

    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...]
        }
    }

    subscript(name: String) -> String? { fields[Substring(name)].map(String.init) }
}
