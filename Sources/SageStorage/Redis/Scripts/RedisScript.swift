/// A script in Lua that the server runs in one step, by its digest.
///
/// The text is constant: keys and arguments are handed over beside it and never become part of it. Lua's numbers are
/// exact for whole numbers up to 2^53.
public struct RedisScript: Sendable, Hashable {
    /// The name for errors.
    public let name: String
    /// The text in Lua.
    public let source: String
    /// The SHA-1 of the text in lower-case hexadecimal digits, by which the server knows it.
    public let digest: String

    /// Creates a script.
    ///
    /// - Parameters:
    ///   - name: The name for errors.
    ///   - source: The text in Lua, which is the same each time.
    public init(_ name: String, source: String) {
        self.name = name
        self.source = source
        self.digest = SHA1.hexadecimal(Array(source.utf8))
    }

    func call(
        _ verb: RedisCommand.Argument, _ text: String, _ keys: [String], _ arguments: [RedisCommand.Argument]
    )
        -> RedisCommand
    {
        RedisCommand([verb, .text(text), .integer(Int64(keys.count))] + keys.map { .text($0) } + arguments)
    }
}

extension Redis {
    /// Runs a script.
    ///
    /// It is called by its digest; when the server does not have it, because it was restarted or its scripts were
    /// removed, it is sent once in full.
    ///
    /// - Parameters:
    ///   - script: The script.
    ///   - keys: The keys that it uses, `KEYS` in the script.
    ///   - arguments: The other arguments, `ARGV` in the script.
    ///   - isIdempotent: Whether running it twice does what running it once does. Defaults to false.
    ///   - timeout: How long it may take, if less than ``RedisConfiguration/commandTimeout``. Defaults to that.
    /// - Returns: What the script returns.
    /// - Throws: ``StorageError``, a rejection of a policy, or `CancellationError`.
    public func run(
        _ script: RedisScript, keys: [String], arguments: [RedisCommand.Argument] = [], isIdempotent: Bool = false,
        timeout: Duration? = nil
    ) async throws -> RedisValue {
        do {
            return try await send(
                script.call("EVALSHA", script.digest, keys, arguments), isIdempotent: isIdempotent, timeout: timeout)
        } catch let error as StorageError where error.code == "NOSCRIPT" {
            return try await send(
                script.call("EVAL", script.source, keys, arguments), isIdempotent: isIdempotent, timeout: timeout)
        }
    }
}
