/// What is right and wrong with a Redis server, step by step; for an operator.
public struct RedisDiagnosis: Sendable, Hashable {
    /// What is looked at, in this order.
    @nonexhaustive
    public enum Step: String, Sendable, Hashable, CaseIterable {
        /// The host's name resolves.
        case name
        /// Something listens, and TLS is agreed upon.
        case connection
        /// The server speaks Redis' protocol and accepts the user, the password and the database.
        case login
        /// The server is Redis 6 or later.
        case version
        /// Keys can be written and scripts run.
        case writing
        /// The server does not remove keys before their time.
        case eviction
    }

    /// What came out of a step.
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        /// It is right.
        case passed
        /// It works, and something is better changed.
        case warning
        /// It is wrong.
        case failed
        /// It was not looked at, because a step before failed.
        case skipped
    }

    /// One step and what came out.
    public struct Finding: Sendable, Hashable {
        /// What was looked at.
        public let step: Step
        /// What came out.
        public let verdict: Verdict
        /// What was found, in a sentence without secrets.
        public let message: String
        /// What mends it, where something does.
        public let remedy: String?
    }

    /// Where the server is, without credentials.
    public let location: String
    /// All steps in their order.
    public internal(set) var findings: [Finding] = []
    /// The server's version; nil when it did not tell.
    public internal(set) var version: String?

    init(location: String) {
        self.location = location
    }

    /// Whether the server can be used as it is.
    public var isUsable: Bool { findings.allSatisfy { $0.verdict == .passed || $0.verdict == .warning } }

    mutating func note(_ step: Step, _ verdict: Verdict, _ message: String, remedy: String? = nil) {
        findings.append(Finding(step: step, verdict: verdict, message: message, remedy: remedy))
    }

    mutating func fail(_ step: Step, _ error: StorageError) {
        note(step, .failed, error.message + (error.code.map { " (\($0))" } ?? ""), remedy: error.remedy)
    }

    /// Notes all steps that were not reached.
    mutating func finish() {
        let looked = Set(findings.map(\.step))
        for step in Step.allCases where !looked.contains(step) { note(step, .skipped, "not looked at") }
    }
}
