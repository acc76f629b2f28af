extension Decorated {
    /// Which decorated function it is: the place in the source, which no other function shares.
    ///
    /// Overloads, functions of the same name in other files or modules, and the nested parts of one function differ.
    public struct Site: Sendable, Hashable, CustomStringConvertible {
        /// The function's name with its type, for people: the name of its pipeline, and of its policies that have none.
        public let function: String
        /// Where it stands: module, file, line and column.
        public let location: String
        // Worked out by the macro, so that a call need not hash its location.
        @usableFromInline let hash: UInt64

        /// Creates a site.
        ///
        /// - Parameters:
        ///   - function: The function's name with its type.
        ///   - location: Where it stands; different for each function.
        ///   - hash: Any number that is always the same for one location, and rarely for two.
        @inlinable
        public init(_ function: String, in location: String, hash: UInt64) {
            self.function = function
            self.location = location
            self.hash = hash
        }

        /// Whether both are the same place.
        ///
        /// - Parameters:
        ///   - one: A site.
        ///   - other: Another site.
        public static func == (one: Site, other: Site) -> Bool {
            one.hash == other.hash && one.location == other.location
        }

        /// Hashes the number alone.
        ///
        /// - Parameter hasher: Takes the number.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(hash)
        }

        /// The function and where it stands.
        public var description: String { "\(function) in \(location)" }
    }
}
