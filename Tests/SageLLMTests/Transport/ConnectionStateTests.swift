import HTTPTypes
import Testing

@testable import SageLLM

struct ConnectionStateTests {
    func head(
        _ status: Int = 200, framing: BodyFraming = .length(1), isPersistent: Bool = true,
        encoding: String? = nil
    ) -> ResponseHead {
        ResponseHead(
            status: status, fields: [:], framing: framing, isPersistent: isPersistent, contentEncoding: encoding,
            keepAliveSeconds: 5)
    }

    func begun(_ traits: RequestHead.Traits = RequestHead.Traits(), isWritten: Bool = true) -> ConnectionState {
        var state = ConnectionState()
        _ = state.begin(traits)
        if isWritten { state.requestWritten() }
        return state
    }

    @Test func exchangeGoesThroughItsPhases() {
        var state = ConnectionState()
        #expect(state.phase == .idle)
        #expect(state.begin(RequestHead.Traits()) == true)
        #expect(state.phase == .sending)
        state.requestWritten()
        #expect(state.phase == .awaitingHead)
        #expect(state.received() == true)
        #expect(state.head(head(103)) == .skip)
        #expect(state.phase == .awaitingHead)
        #expect(state.head(head()) == .deliver)
        #expect(state.phase == .readingBody)
        #expect(state.ended(hasUnread: false) == .reuse(keepAliveSeconds: 5))
        #expect(state.phase == .idle)
        #expect(state.begin(RequestHead.Traits()) == true, "nothing is left of the exchange before")
        #expect(state.closed(isComplete: false) == .fail(.connection(.connectionClosed)))
        #expect(state.phase == .closed)
        #expect(state.begin(RequestHead.Traits()) == false)
    }

    @Test func nobodyMaySpeakUnasked() {
        var state = ConnectionState()
        #expect(state.received() == false)
        var closed = begun()
        closed.abandoned()
        #expect(closed.received() == false)
    }

    @Test func busyConnectionTakesNoSecondRequest() {
        var state = begun()
        #expect(state.begin(RequestHead.Traits()) == false)
        #expect(state.phase == .awaitingHead)
    }

    @Test(arguments: [
        ("a closing answer", false, RequestHead.Traits(), true, false),
        ("a closing request", true, RequestHead.Traits(isClosing: true), true, false),
        ("a request that is not written", true, RequestHead.Traits(), false, false),
        ("bytes after the answer", true, RequestHead.Traits(), true, true),
    ])
    func connectionIsNotUsedAgainAfter(
        reason: String, isPersistent: Bool, traits: RequestHead.Traits, isWritten: Bool, hasUnread: Bool
    ) {
        var state = begun(traits, isWritten: isWritten)
        _ = state.received()
        #expect(state.head(head(isPersistent: isPersistent)) == .deliver)
        #expect(state.ended(hasUnread: hasUnread) == .close)
        #expect(state.phase == .closed)
    }

    @Test(arguments: [
        (200, false, BodyFraming.chunked, "fail"), (429, false, .chunked, "headOnly"),
        (200, true, .chunked, "deliver"), (204, false, .none, "deliver"),
    ])
    func encodedAnswerNobodyAskedFor(status: Int, isAsked: Bool, framing: BodyFraming, expected: String) {
        var state = begun(RequestHead.Traits(acceptsEncoding: isAsked))
        let action = state.head(head(status, framing: framing, encoding: "gzip"))
        switch action {
        case .deliver: #expect(expected == "deliver")
        case .deliverHeadOnly: #expect(expected == "headOnly")
        case .fail(.connection(.protocolViolation, let detail)):
            #expect(expected == "fail")
            #expect(detail?.contains("gzip") == true)
        default: Issue.record("\(action)")
        }
    }

    // MARK: The end of the connection

    static let reset = UpstreamFailure.connection(.connectionReset)
    static let closed = UpstreamFailure.connection(.connectionClosed)

    @Test func idleConnectionEndsSilently() {
        var state = ConnectionState()
        state.noted(Self.reset)
        #expect(state.closed(isComplete: false) == .none)
    }

    @Test func requestWhoseHeadWasLostWasNotSent() {
        var state = begun(isWritten: false)
        state.headLost(Self.reset)
        #expect(state.closed(isComplete: false) == .fail(.connection(.closedBeforeRequest)))
    }

    @Test func requestWhoseBodyWasLostMayHaveBeenSeen() {
        var state = begun(isWritten: false)
        state.noted(Self.reset)
        #expect(state.closed(isComplete: false) == .fail(Self.reset))
    }

    @Test func requestThatGotAnAnswerWasSent() {
        var state = begun(isWritten: false)
        _ = state.received()
        state.headLost(Self.reset)
        #expect(state.closed(isComplete: false) == .fail(Self.reset))
    }

    @Test(
        arguments: [
            (nil, true, ConnectionState.CloseAction.complete), (nil, false, .fail(closed)), (reset, true, .fail(reset)),
            (reset, false, .fail(reset)),
        ] as [(UpstreamFailure?, Bool, ConnectionState.CloseAction)])
    func endWithinAnAnswer(failure: UpstreamFailure?, isComplete: Bool, expected: ConnectionState.CloseAction) {
        var state = begun()
        _ = state.received()
        _ = state.head(head(framing: .untilClose))
        if let failure { state.noted(failure) }
        #expect(state.closed(isComplete: isComplete) == expected)
        #expect(state.closed(isComplete: isComplete) == .none, "once")
    }

    @Test func firstReasonCounts() {
        var state = begun()
        state.noted(Self.reset)
        state.noted(Self.closed)
        #expect(state.closed(isComplete: false) == .fail(Self.reset))
    }

    @Test func exchangeGivenUpEndsSilently() {
        var state = begun()
        state.abandoned()
        #expect(state.closed(isComplete: false) == .none)
    }
}
