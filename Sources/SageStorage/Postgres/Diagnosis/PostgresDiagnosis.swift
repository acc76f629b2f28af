/// What stands between this program and a database of PostgreSQL, step by step; for `sage doctor`.
public struct PostgresDiagnosis: Sendable, Hashable {
    /// What has to work, one after the other.
    @nonexhaustive
    public enum Part: String, Sendable, Hashable, CaseIterable {
        /// The host's name resolves.
        case name
        /// The host takes connections on the port.
        case connection
        /// TLS can be agreed upon, as far as it is wanted.
        case tls
        /// The server accepts the user and the password.
        case login
        /// The database is there.
        case database
        /// The server is recent enough.
        case version
        /// The user may create tables, and the server can be written.
        case privilege
        /// pgvector is installed on the server.
        case vectorAvailable = "vector_available"
        /// pgvector is installed in the database, or the user may install it.
        case vectorInstalled = "vector_installed"
    }

    /// What was found about a part.
    public struct Step: Sendable, Hashable {
        /// What has to work.
        public let part: Part
        /// Whether it does; nil when an earlier step keeps it from being tried.
        public let isOK: Bool?
        /// What was found, without secrets.
        public let message: String
        /// What mends it: a command or a sentence.
        public let remedy: String?
    }

    /// Where the server is, without credentials.
    public let location: String
    /// All parts, in their order.
    public internal(set) var steps: [Step] = []

    /// Whether everything works that conversations and state need: all but pgvector.
    public var isUsable: Bool { works(Part.allCases.filter { $0 != .vectorAvailable && $0 != .vectorInstalled }) }
    /// Whether everything works that memory needs as well.
    public var isUsableForVectors: Bool { works(Part.allCases) }
    /// The first step that failed.
    public var firstFailure: Step? { steps.first { $0.isOK == false } }

    private func works(_ parts: [Part]) -> Bool {
        parts.allSatisfy { part in steps.contains { $0.part == part && $0.isOK == true } }
    }

    init(location: String) { self.location = location }

    mutating func passed(_ part: Part, _ message: String) {
        steps.append(Step(part: part, isOK: true, message: message, remedy: nil))
    }

    mutating func failed(_ part: Part, _ message: String, _ remedy: String?) {
        steps.append(Step(part: part, isOK: false, message: message, remedy: remedy))
    }

    /// Fills up with the parts that were not tried.
    mutating func finish() {
        for part in Part.allCases where !steps.contains(where: { $0.part == part }) {
            steps.append(Step(part: part, isOK: nil, message: "not tried", remedy: nil))
        }
    }
}
