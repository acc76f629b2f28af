public import SageResilience

/// What went wrong with a store, and what can be done about it.
///
/// No text in it holds a password or the values of a statement.
public struct StorageError: ClassifiedError, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of trouble that an operator treats differently.
    @nonexhaustive
    public enum Problem: String, Sendable, Hashable, CaseIterable {
        /// Nothing listens at the address.
        case serviceDown = "service_down"
        /// The address does not answer: a firewall, a wrong host.
        case unreachable
        /// The name of the host does not resolve.
        case hostUnknown = "host_unknown"
        /// The server does not accept the user or the password.
        case authentication
        /// TLS could not be agreed upon.
        case tls
        /// The server has no database of this name.
        case databaseMissing = "database_missing"
        /// The server lacks an extension, for example pgvector.
        case extensionMissing = "extension_missing"
        /// The user may not do this.
        case privilege
        /// The server is starting or shutting down.
        case starting
        /// The server has no connection left.
        case tooManyConnections = "too_many_connections"
        /// The connection broke.
        case connectionLost = "connection_lost"
        /// No answer came in time.
        case timeout
        /// Another transaction was in the way; this one was undone.
        case serialization
        /// The store is locked by someone else for too long.
        case busy
        /// A constraint forbids it.
        case constraint
        /// The disk, or what the store may use of it, is full.
        case full
        /// The store cannot be written.
        case readOnly = "read_only"
        /// The store's content is damaged.
        case corrupt
        /// The file is no database, or one of another program.
        case foreign
        /// The file was moved, removed or replaced while it was open; the database has to be opened again.
        case replaced
        /// The store was made by a later version of this program.
        case newerSchema = "newer_schema"
        /// The statement is wrong.
        case statement
        /// A value is not one that the store can hold.
        case value
        /// The store was closed.
        case closed
        /// Everything else.
        case other
    }

    /// What kind of trouble it is.
    public var problem: Problem
    /// The name of the store.
    public var store: String
    /// What happened, in a sentence without secrets.
    public var message: String
    /// What mends it, where something does: a command or a sentence.
    public var remedy: String?
    /// The database's own code: five characters of ISO 9075, SQLite's extended result code, Redis' first word.
    public var code: String?
    /// Whether the operation certainly had no effect, so that it may be repeated whatever it does.
    public var isNotDone: Bool
    /// Whether a commit was under way and nobody knows whether it was done.
    public var isOutcomeUnknown: Bool

    /// What the guard of a statement has to know beside what happened.
    package enum Origin: Sendable, Hashable {
        /// The statement itself.
        case statement
        /// The connection that it needed.
        case connecting
        /// The deadline of the call, before the store's own time limit.
        case callersDeadline
    }

    /// Where the failure comes from.
    package var origin = Origin.statement

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - problem: What kind of trouble it is.
    ///   - store: The name of the store.
    ///   - message: What happened, without secrets.
    ///   - remedy: What mends it.
    ///   - code: The database's own code.
    ///   - isNotDone: Whether the operation certainly had no effect. Defaults to false.
    ///   - isOutcomeUnknown: Whether a commit was under way. Defaults to false.
    public init(
        _ problem: Problem, store: String, _ message: String, remedy: String? = nil, code: String? = nil,
        isNotDone: Bool = false, isOutcomeUnknown: Bool = false
    ) {
        self.problem = problem
        self.store = store
        self.message = message
        self.remedy = remedy
        self.code = code
        self.isNotDone = isNotDone
        self.isOutcomeUnknown = isOutcomeUnknown
    }

    /// The store, what happened, its code and its remedy.
    public var description: String {
        var text = "\(store): \(message)"
        if let code { text += " (\(code))" }
        if isOutcomeUnknown { text += "; nobody knows whether it was committed" }
        if let remedy { text += ". \(remedy)" }
        return text
    }

    /// What the engine makes of it: an unknown outcome is never repeated, a mistake of the caller does not count
    /// against the store.
    public var classification: ErrorClassification {
        if isOutcomeUnknown { return ErrorClassification(.transient, hint: .doNotRetry, isConnection: true) }
        switch problem {
        case .serviceDown, .unreachable, .hostUnknown, .starting, .connectionLost:
            return ErrorClassification(.transient, isNotSent: isNotDone, isConnection: true)
        case .serialization, .busy:
            return ErrorClassification(.transient, isNotSent: isNotDone)
        case .tooManyConnections, .full:
            return ErrorClassification(.overloaded, isNotSent: isNotDone)
        case .timeout:
            return ErrorClassification(.timeout, isNotSent: isNotDone)
        case .authentication, .privilege, .tls:
            return ErrorClassification(.authentication)
        case .databaseMissing, .extensionMissing, .constraint, .readOnly, .corrupt, .foreign, .replaced, .newerSchema,
            .statement, .value, .closed:
            return ErrorClassification(.permanent)
        case .other:
            return ErrorClassification(.unknown, isNotSent: isNotDone)
        }
    }
}
