/// What goes on on one connection, as a value: it decides, and ``UpstreamConnection`` does.
struct ConnectionState: Sendable {
    enum Phase: Sendable, Equatable {
        /// Open, and nothing is asked of it.
        case idle
        /// A request is being written and no head has come.
        case sending
        /// The request is written and no head has come.
        case awaitingHead
        /// The head has come.
        case readingBody
        /// Closed, or being closed.
        case closed
    }

    /// What to do about a head.
    enum HeadAction: Equatable {
        /// It is interim; the answer's own follows.
        case skip
        case deliver
        /// The head is worth something, the body is not, and the connection is to be closed.
        case deliverHeadOnly
        case fail(UpstreamFailure)
    }

    /// What to do with a connection whose answer is complete.
    enum EndAction: Equatable {
        case reuse(keepAliveSeconds: Int?)
        case close
    }

    /// What the end of a connection means for its exchange.
    enum CloseAction: Equatable {
        case none
        /// The answer ended with it.
        case complete
        case fail(UpstreamFailure)
    }

    private(set) var phase = Phase.idle
    private var traits = RequestHead.Traits()
    /// Whether the head of the request cannot have reached the peer, which then cannot have acted on it.
    private var isHeadLost = false
    private var isWritten = false
    private var hasAnswer = false
    private var isPersistent = true
    private var keepAliveSeconds: Int?
    /// Why the connection is about to close.
    private var failure: UpstreamFailure?

    var isExchanging: Bool { phase != .idle && phase != .closed }

    /// Begins an exchange on an idle connection.
    ///
    /// - Returns: False when the connection is not idle.
    mutating func begin(_ traits: RequestHead.Traits) -> Bool {
        guard phase == .idle else { return false }
        self = ConnectionState()
        self.traits = traits
        phase = .sending
        return true
    }

    /// All of the request was handed to the network.
    mutating func requestWritten() {
        isWritten = true
        if phase == .sending { phase = .awaitingHead }
    }

    /// The head of the request could not be handed to the network as a whole.
    mutating func headLost(_ failure: UpstreamFailure) {
        isHeadLost = true
        noted(failure)
    }

    /// Remembers why the connection will close; the first reason counts.
    mutating func noted(_ failure: UpstreamFailure) {
        if self.failure == nil { self.failure = failure }
    }

    /// Bytes have arrived.
    ///
    /// - Returns: False when nothing was asked, and the connection must be closed.
    mutating func received() -> Bool {
        guard isExchanging else { return false }
        hasAnswer = true
        return true
    }

    mutating func head(_ head: ResponseHead) -> HeadAction {
        guard !head.isInterim else { return .skip }
        phase = .readingBody
        isPersistent = head.isPersistent && head.framing != .untilClose
        keepAliveSeconds = head.keepAliveSeconds
        guard let encoding = head.contentEncoding, !traits.acceptsEncoding, head.framing != .none else {
            return .deliver
        }
        guard (200..<300).contains(head.status) else {
            // The status decides; only the explanation is lost.
            phase = .closed
            return .deliverHeadOnly
        }
        phase = .closed
        return .fail(
            .connection(
                .protocolViolation, detail: "the answer is encoded (\(encoding.prefix(32))) without being asked"))
    }

    /// The answer is complete.
    ///
    /// - Parameter hasUnread: Whether bytes follow that belong to no answer.
    mutating func ended(hasUnread: Bool) -> EndAction {
        guard isWritten, isPersistent, !traits.isClosing, !hasUnread, failure == nil, phase != .closed else {
            phase = .closed
            return .close
        }
        phase = .idle
        return .reuse(keepAliveSeconds: keepAliveSeconds)
    }

    /// The exchange is given up from this side.
    mutating func abandoned() {
        phase = .closed
    }

    /// The connection is gone.
    ///
    /// - Parameter isComplete: Whether the answer is one that ends with the connection.
    mutating func closed(isComplete: Bool) -> CloseAction {
        defer { phase = .closed }
        guard isExchanging else { return .none }
        if isHeadLost, !hasAnswer { return .fail(.connection(.closedBeforeRequest)) }
        if let failure { return .fail(failure) }
        return isComplete ? .complete : .fail(.connection(.connectionClosed))
    }
}
