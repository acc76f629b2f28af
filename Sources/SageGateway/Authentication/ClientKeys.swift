import HTTPTypes
import SageResilience

/// The keys by which clients are known.
///
/// Only hashes are compared, each in constant time; and they are found by a hash table whose order nobody outside the
/// process knows. So the time that an answer takes tells nothing about the keys that exist.
struct ClientKeys: Sendable {
    /// Without any key everybody is let in.
    static let open = ClientKeys(keys: [:])

    /// No key is longer, in bytes; more is not even hashed.
    private static let longestKey = 1_024

    private let keys: [KeyDigest: ClientKey]

    private init(keys: [KeyDigest: ClientKey]) {
        self.keys = keys
    }

    /// The keys of a configuration.
    ///
    /// - Parameters:
    ///   - configuration: The configuration.
    ///   - clock: The time in which limits live.
    ///   - listener: Hears of refusals.
    ///   - shared: Counts the limits for all instances together; nil where each counts for itself.
    /// - Throws: ``ConfigurationError`` for what the reader of the file let pass and the engine does not.
    init(
        _ configuration: [GatewayConfiguration.ClientKey], clock: any Clock<Duration> = ContinuousClock(),
        listener: (any ResilienceListener)? = nil, shared: SharedLimits? = nil
    ) throws(ConfigurationError) {
        var keys: [KeyDigest: ClientKey] = [:]
        for key in configuration {
            keys[key.hash] = try ClientKey(key, clock: clock, listener: listener, shared: shared)
        }
        self.keys = keys
    }

    /// Whether requests need a key.
    var areRequired: Bool { !keys.isEmpty }

    /// All keys, sorted by name.
    var all: [ClientKey] { keys.values.sorted { $0.name < $1.name } }

    /// Finds out who a request is from.
    ///
    /// A key may come as `Authorization: Bearer`, which OpenAI's clients send, as `x-api-key` (Anthropic's), as
    /// `x-goog-api-key` or in the query as `key` (Google's), or as `api-key` (Azure's). Of several that are there one
    /// valid one suffices, since some clients send a placeholder in one of these places.
    ///
    /// - Parameters:
    ///   - headers: The request's header fields.
    ///   - query: What follows the question mark in the request's target.
    /// - Returns: Nil when no keys are configured: then any is accepted.
    /// - Throws: ``GatewayError``, which tells nothing about the keys that exist.
    func authenticate(_ headers: HTTPFields, query: Substring? = nil) throws(GatewayError) -> ClientKey? {
        guard areRequired else { return nil }
        if let key = find(headers, query) { return key }
        guard Self.presentsKey(headers, query) else {
            throw GatewayError(
                .unauthorized,
                "an API key is needed: send it as Authorization: Bearer, as x-api-key or as x-goog-api-key")
        }
        throw GatewayError(.unauthorized, "the API key is not valid")
    }

    /// The key that a request presents, if it is one of these.
    func find(_ headers: HTTPFields, _ query: Substring?) -> ClientKey? {
        if let field = headers.text(.authorization), let token = Self.bearerToken(field), let key = find(token) {
            return key
        }
        for name in [HTTPField.Name.anthropicKey, .googleKey, .azureKey] {
            if let field = headers.text(name), let key = find(field) { return key }
        }
        return query.flatMap(Self.keyParameter).flatMap(find)
    }

    private func find(_ text: String) -> ClientKey? {
        guard text.utf8.count <= Self.longestKey else { return nil }
        return keys[KeyDigest(key: text)]
    }

    private static func presentsKey(_ headers: HTTPFields, _ query: Substring?) -> Bool {
        headers[.authorization] != nil || headers[.anthropicKey] != nil || headers[.googleKey] != nil
            || headers[.azureKey] != nil || query.flatMap(keyParameter) != nil
    }

    /// What follows the word `Bearer`, whose case does not matter.
    static func bearerToken(_ field: String) -> String? {
        let scheme = "bearer "
        let bytes = field.utf8
        guard bytes.count > scheme.utf8.count, zip(bytes, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else {
            return nil
        }
        return String(Substring(bytes.dropFirst(scheme.utf8.count).drop { $0 == UInt8(ascii: " ") }))
    }

    /// The parameter `key` of a query.
    private static func keyParameter(_ query: Substring) -> String? {
        for part in query.utf8.split(separator: UInt8(ascii: "&")) where part.starts(with: "key=".utf8) {
            return percentDecoded(part.dropFirst(4))
        }
        return nil
    }

    /// Nil for what is not encoded correctly.
    private static func percentDecoded(_ text: Substring.UTF8View.SubSequence) -> String? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let upper = rest.popFirst().flatMap(hexadecimal), let lower = rest.popFirst().flatMap(hexadecimal)
            else { return nil }
            bytes.append(upper << 4 | lower)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
