/// Why an event stream cannot be read on.
package enum ServerSentEventError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One event, its comments included, has more bytes than allowed.
    case eventTooLarge(limit: Int)

    package var description: String {
        switch self {
        case .eventTooLarge(let limit):
            "a server-sent event has more than maximumEventBytes; allowed is \(limit) bytes or fewer"
        }
    }
}
