import SageResilience

/// The keys of one installation.
struct RedisStateKeys: Sendable {
    private let prefix: String

    init(prefix: String) throws(ConfigurationError) {
        let isAllowed = prefix.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != 0x7b && $0 != 0x7d }
        guard (1...200).contains(prefix.utf8.count), isAllowed else {
            throw ConfigurationError(
                field: "prefix", value: StorageText.quoted(prefix),
                allowed: "1 to 200 bytes without spaces, braces and control characters")
        }
        // What stands in braces decides which node of a cluster has a key.
        self.prefix = "{\(prefix)}:"
    }

    /// The reports on breakers: a hash by instance and breaker.
    var reports: String { prefix + "reports" }
    /// The probes: a hash by breaker.
    var probes: String { prefix + "probes" }
    /// The starts of an instance.
    func start(of instance: String) -> String { prefix + "start:" + instance }
    /// The permits of an account, and the moments at which they were taken.
    func account(_ name: String) -> [String] { [prefix + "rate:" + name, prefix + "log:" + name] }

    /// How the fields of an instance's reports begin; the length keeps instances apart, whatever their names are.
    static func beginning(of instance: String) -> String { "\(instance.utf8.count):\(instance)" }

    /// Takes a field of a report apart.
    static func parts(of field: [UInt8]) -> (instance: String, breaker: String)? {
        guard let colon = field.firstIndex(of: UInt8(ascii: ":")),
            let count = Int(String(decoding: field[..<colon], as: UTF8.self)), count >= 0,
            field.count - colon - 1 >= count
        else { return nil }
        let rest = field[(colon + 1)...]
        return (
            String(decoding: rest.prefix(count), as: UTF8.self), String(decoding: rest.dropFirst(count), as: UTF8.self)
        )
    }
}
