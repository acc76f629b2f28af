/// A registry could not find or store a policy.
public struct RegistryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    ///
    /// Later versions may add cases.
    @nonexhaustive
    public enum Reason: Sendable, Hashable {
        /// No policy has this name; `known` holds the first 20 names in order, and `total` how many exist.
        case missing(name: String, known: [String], total: Int)
        /// The registry holds as many policies as it may, and none of them can be evicted.
        case full(name: String, capacity: Int)
        /// The creation of a policy has asked for the policy itself.
        case recursive(name: String)
        /// The registry of the process is in use or installed already, and cannot be replaced.
        case inUse
    }

    /// How many names an error lists at most.
    static let longestList = 20

    /// The name of the registry.
    public let registryName: String
    /// What went wrong.
    public let reason: Reason

    /// Creates an error, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - registryName: The name of the registry.
    ///   - reason: What went wrong.
    public init(registryName: String, reason: Reason) {
        self.registryName = registryName
        self.reason = reason
    }

    /// The error as a sentence.
    public var description: String {
        switch reason {
        case .missing(let name, _, 0):
            return "registry \(registryName) has no \(name); it is empty"
        case .missing(let name, let known, let total):
            let more = total > known.count ? " and \(total - known.count) more" : ""
            return "registry \(registryName) has no \(name); it has \(known.joined(separator: ", "))\(more)"
        case .full(let name, let capacity):
            return "registry \(registryName) cannot take \(name): it is full with \(capacity) and none can be evicted"
        case .recursive(let name):
            return "registry \(registryName) cannot create \(name): its creation asks for \(name) itself"
        case .inUse:
            return "registry \(registryName) is in use already: install another one at the start of the program"
        }
    }
}
