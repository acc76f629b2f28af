/// What a ``ConnectionThread`` owns: a connection whose blocking calls run on that thread alone.
package protocol ThreadResource: AnyObject, SendableMetatype {
    /// The socket that is watched while there is nothing to do; nil watches none.
    var idleDescriptor: Int32? { get }
    /// The longest time to do nothing before ``wake(_:)`` is called, in nanoseconds; nil is for ever.
    var idleNanoseconds: Int64? { get }

    /// Something happened while there was nothing to do.
    ///
    /// - Returns: Whether the thread goes on. Jobs that were submitted meanwhile are done all the same, before it is asked again.
    func wake(_ event: ThreadIdleEvent) -> Bool

    /// The last call: frees what it holds.
    func finish()
}

/// What happened while a thread had nothing to do.
package enum ThreadIdleEvent: Sendable, Hashable {
    /// The socket has something to read, for example its end.
    case readable
    /// The resource's idle time has passed.
    case expired
}
