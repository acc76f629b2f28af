import NIOCore

/// What the server does to answer one request, in order: the answer and everything that goes wrong with it.
///
/// Pure data, made without a network, so that every fault can be tested as a table.
struct ResponsePlan: Sendable, Hashable {
    var actions: [Action]

    enum Action: Sendable, Hashable {
        /// Waits.
        case pause(Duration)
        /// Waits until the client or the server goes away.
        case hang
        /// Sends the status line and the headers; without a length the body is chunked.
        case head(status: Int, headers: [FaultStep.Header], length: Int?)
        /// Sends a part of the body and flushes it.
        case body(ByteBuffer, isEvent: Bool)
        /// Ends the answer as HTTP demands.
        case end
        /// Closes the connection in the middle of the answer.
        case cut
        /// Resets the connection.
        case reset
    }
}

extension ResponsePlan {
    /// Plans an answer.
    ///
    /// - Parameters:
    ///   - step: What goes wrong.
    ///   - reply: What is answered; nil for a step that answers nothing.
    init(_ step: FaultStep, reply: ProviderReply?) {
        self.actions = []
        if step.latency > .zero { actions.append(.pause(step.latency)) }
        switch step.hangBeforeHeaders {
        case .lasting(let time): actions.append(.pause(time))
        case .forever:
            actions.append(.hang)
            return
        case nil: break
        }
        guard let reply else {
            actions.append(.reset)
            return
        }
        let headers = reply.headers.replacing(with: step.headers)
        let ending: Action = step.resets ? .reset : .cut
        switch reply.body {
        case .whole(let body):
            // These statuses have no body by definition; a client would take one for the next answer.
            let body = reply.status == 204 || reply.status == 304 ? ByteBuffer() : body
            actions.append(
                .head(status: reply.status, headers: headers, length: reply.status == 204 ? nil : body.readableBytes))
            appendWhole(body, interruption: step.interruption, ending: ending)
        case .events(let events):
            actions.append(.head(status: reply.status, headers: headers, length: nil))
            appendEvents(events, delay: step.eventDelay, interruption: step.interruption, ending: ending)
        }
    }

    private mutating func appendWhole(
        _ body: ByteBuffer, interruption: FaultStep.Interruption?, ending: Action
    ) {
        // An answer in one piece has no events; an interruption between events leaves half of it.
        let sent =
            switch interruption {
            case .cutAfterBytes(let limit): limit
            case .cutAfterEvents, .hangAfterEvents: body.readableBytes / 2
            case nil: body.readableBytes
            }
        if sent > 0, body.readableBytes > 0 { actions.append(.body(body.prefix(sent), isEvent: false)) }
        appendEnd(interruption, ending: ending)
    }

    private mutating func appendEvents(
        _ events: [ByteBuffer], delay: Duration, interruption: FaultStep.Interruption?, ending: Action
    ) {
        var eventsLeft = Int.max
        var bytesLeft = Int.max
        switch interruption {
        case .cutAfterEvents(let limit), .hangAfterEvents(let limit): eventsLeft = limit
        case .cutAfterBytes(let limit): bytesLeft = limit
        case nil: break
        }
        for (index, event) in events.enumerated() {
            guard eventsLeft > 0, bytesLeft > 0 else { break }
            if index > 0, delay > .zero { actions.append(.pause(delay)) }
            let part = event.prefix(bytesLeft)
            actions.append(.body(part, isEvent: part == event))
            eventsLeft -= 1
            bytesLeft -= part.readableBytes
        }
        appendEnd(interruption, ending: ending)
    }

    private mutating func appendEnd(_ interruption: FaultStep.Interruption?, ending: Action) {
        switch interruption {
        case .cutAfterEvents, .cutAfterBytes: actions.append(ending)
        case .hangAfterEvents: actions.append(.hang)
        case nil: actions.append(.end)
        }
    }
}

extension ByteBuffer {
    /// The first readable bytes, at most so many.
    fileprivate func prefix(_ count: Int) -> ByteBuffer {
        var rest = self
        return rest.readSlice(length: min(count, readableBytes)) ?? rest
    }
}

extension FaultStep {
    fileprivate var eventDelay: Duration {
        if case .reply(let options) = answer { options.eventDelay } else { .zero }
    }
}

extension [FaultStep.Header] {
    /// The headers with those of the same name replaced, and the others added.
    func replacing(with others: [FaultStep.Header]) -> [FaultStep.Header] {
        let names = Set(others.map { $0.name.lowercased() })
        return filter { !names.contains($0.name.lowercased()) } + others
    }
}
