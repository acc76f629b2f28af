/// Rate limiters by key, made as they are asked for: one for each provider, model, user or API key.
///
/// ```swift
/// let limiters = try KeyedRateLimiter("clients", .openAI, capacity: 10_000)
/// try await limiters.limiter(for: "openai", "gpt-5-mini", secret: apiKey).acquire()
/// ```
///
/// A key consists of parts that may be read by people, and of a secret. The parts stand, joined by `/`, in the
/// limiter's name and so in events, errors and metrics; of the secret there stands only a fingerprint. It is taken with
/// a key that is made anew when the process starts, so that nobody can search for the secret that it belongs to; nor
/// can it be compared with another process's. Where that is needed, use an identifier of the secret as a part.
///
/// The number of limiters is bounded: when the bound is reached, the one that was used least recently is forgotten
/// among those that have all their permits, which a new one would have too. When there is none, all new keys share one
/// limiter, ``others``, until there is a place again: together they get what one key gets. So whoever invents keys gets
/// no permits by it, and the others are limited more closely but not refused altogether. A key that gets a limiter of
/// its own afterwards begins with all its permits.
///
/// Thread-safe.
public final class KeyedRateLimiter: Sendable {
    /// The limiters by name.
    ///
    /// A limiter for a key of its own limits can be registered here under ``name(for:secret:)``.
    public let registry: Registry<RateLimiter>
    /// How many calls the limiter of a new key admits, and how long others may wait.
    public let configuration: RateLimiterConfiguration
    /// What the keys share for which there is no place; its name is the registry's, followed by `/#others`.
    ///
    /// Calls that it has admitted or refused (``RateLimiter/snapshot()``) say that the capacity is too small.
    public let others: RateLimiter
    private let makeLimiter: @Sendable (String) -> RateLimiter

    /// How long a part may be in UTF-8; a fingerprint stands for a longer one.
    static let longestPart = 100

    /// Creates a collection without limiters.
    ///
    /// - Parameters:
    ///   - name: What identifies the registry in events and errors. Defaults to `rate-limiters`.
    ///   - configuration: The configuration of the limiters.
    ///   - capacity: The most limiters that are held at the same time, 1 or more. Defaults to 1,000.
    ///   - clock: The time they live in. Defaults to the continuous clock.
    ///   - listener: Hears the events of the registry and of the limiters. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` when the capacity is out of range.
    public init(
        _ name: String = "rate-limiters", _ configuration: RateLimiterConfiguration, capacity: Int = 1_000,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        self.registry = try Registry(name, capacity: capacity, listener: listener)
        self.configuration = configuration
        self.others = RateLimiter("\(name)/#others", configuration, clock: clock, listener: listener)
        self.makeLimiter = { RateLimiter($0, configuration, clock: clock, listener: listener) }
    }

    /// The limiter of a key, made if there is none; ``others`` when there is no place for it.
    ///
    /// - Parameters:
    ///   - parts: What may be read by people, from the general to the particular.
    ///   - secret: What may not, for example an API key. Defaults to none.
    public func limiter(for parts: String..., secret: String? = nil) -> RateLimiter {
        let name = Self.name(parts, secret)
        if let limiter = registry[name] { return limiter }
        // It throws only when it is full: the making of a limiter neither fails nor asks for another one.
        return (try? registry.policy(named: name) { makeLimiter(name) }) ?? others
    }

    /// The name of a key's limiter; the same key has the same name as long as the process runs.
    ///
    /// - Parameters:
    ///   - parts: What may be read by people, from the general to the particular.
    ///   - secret: What may not. Defaults to none.
    public static func name(for parts: String..., secret: String? = nil) -> String {
        name(parts, secret)
    }

    private static func name(_ parts: [String], _ secret: String?) -> String {
        var components = parts.map(readable)
        // No part begins like this, so that a fingerprint cannot be asked for by its text.
        if let secret { components.append("#" + fingerprint(secret)) }
        return components.joined(separator: "/")
    }

    /// A part in which nothing can be taken for the end of it.
    private static func readable(_ part: String) -> String {
        guard part.utf8.count <= longestPart else { return "#" + fingerprint(part) }
        var escaped = ""
        for character in part.unicodeScalars {
            switch character {
            case "%": escaped += "%25"
            case "/": escaped += "%2F"
            case "#": escaped += "%23"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// 128 bits from the standard library's hash function, whose key is random in each process (SipHash).
    static func fingerprint(_ text: String) -> String {
        (0..<2).map { half in
            var hasher = Hasher()
            hasher.combine(half)
            hasher.combine(text)
            let digits = String(UInt64(truncatingIfNeeded: hasher.finalize()), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
