/// Which memories a search considers.
public struct MemoryFilter: Sendable, Hashable {
    /// Values that a memory must have in its metadata, by their name at the top; whole values are compared.
    public var metadata: [String: MetadataValue]
    /// The earliest time of saving, in milliseconds since 1970; nil is any.
    public var createdFrom: Int64?
    /// The time before which it was saved, in milliseconds since 1970; nil is any.
    public var createdBefore: Int64?

    /// Creates a filter; without parameters it lets everything pass.
    ///
    /// - Parameters:
    ///   - metadata: Values that a memory must have in its metadata. At most 16.
    ///   - createdFrom: The earliest time of saving, in milliseconds since 1970.
    ///   - createdBefore: The time before which it was saved, in milliseconds since 1970.
    public init(metadata: [String: MetadataValue] = [:], createdFrom: Int64? = nil, createdBefore: Int64? = nil) {
        self.metadata = metadata
        self.createdFrom = createdFrom
        self.createdBefore = createdBefore
    }
}
