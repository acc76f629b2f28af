/// What the connections of a ``PostgresDatabase`` are doing at one moment.
public struct PostgresPoolSnapshot: Sendable, Hashable {
    /// The most connections at the same time.
    public let size: Int
    /// The connections that there are, those being made or closed included.
    public let open: Int
    /// Those of them that nobody uses.
    public let idle: Int
    /// The operations that have a connection, or make one.
    public let inUse: Int
    /// The operations that wait for a connection.
    public let waiting: Int
}
