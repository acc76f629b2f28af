import SageResilience

/// How a program stands with its ``StateStore``.
public struct StoreHealth: Sendable, Hashable {
    /// The store's name.
    public let store: String
    /// Whether the last operation succeeded; true before the first one.
    public let isUp: Bool
    /// How old the state of the others is that the program goes by; nil before it was read for the first time.
    public let lag: Duration?
    /// What went wrong with the last operation; nil while the store is up.
    public let error: String?

    /// Creates a health.
    ///
    /// - Parameters:
    ///   - store: The store's name.
    ///   - isUp: Whether the last operation succeeded.
    ///   - lag: How old the state of the others is.
    ///   - error: What went wrong with the last operation.
    public init(store: String, isUp: Bool, lag: Duration?, error: String?) {
        self.store = store
        self.isUp = isUp
        self.lag = lag
        self.error = error
    }
}

/// A change in how a program stands with its ``StateStore``; told once, however long it lasts.
@nonexhaustive
public enum StoreEvent: Sendable, Hashable {
    /// The store is away: every instance goes on with its own state. With what went wrong, without secrets.
    case lost(String)
    /// The store is back after this time; what has happened since has been told to the others.
    case reached(after: Duration)
    /// Another process uses the same name as this instance, so that this one's reports are ignored.
    case nameTaken(String)
}

extension StoreEvent {
    /// What an error says without secrets: what is none of ours goes by the name of its type.
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as StorageError: error.description
        case let error as any CustomStringConvertible & ResilienceRejection: error.description
        default: "\(type(of: error))"
        }
    }
}
