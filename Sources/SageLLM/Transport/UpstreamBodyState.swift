import HTTPTypes
import NIOCore

/// What a body knows: what has arrived, who waits for more, and how it ended.
struct UpstreamBodyState: Sendable {
    /// Above this many unread bytes the transport stops reading.
    private static let highWaterMark = 256 * 1024
    /// A rest that is longer is not worth keeping a connection for.
    private static let maxDrainedBytes = 1 << 20

    enum Head: Sendable {
        case awaited
        case arrived(status: Int, headers: HTTPFields)
        case taken
    }

    /// How a producer that must pause is told to go on.
    private enum Pause {
        case none
        case closure(@Sendable () -> Void)
        case source
    }

    /// What is to be done after unlocking.
    struct Effects {
        var source: (any UpstreamSource)?
        var isUnwatched = false
        var isCancelled = false
        var isSourceResumed = false
        var resumeProducer: (@Sendable () -> Void)?
        var reader: CheckedContinuation<Void, Never>?

        var isEmpty: Bool { !isUnwatched && !isCancelled && !isSourceResumed && resumeProducer == nil && reader == nil }
    }

    enum Part {
        case bytes(ByteBuffer)
        case end
        case wait
    }

    var source: (any UpstreamSource)?
    /// Nil for a body whose head came another way.
    private(set) var head: Head?
    private(set) var end: Result<Void, UpstreamFailure>?
    /// When what is awaited must have come.
    private(set) var deadline: NIODeadline?
    /// When the head must have arrived; nil once it has.
    var headDeadline: NIODeadline? {
        if case .awaited = head { deadline } else { nil }
    }
    var unreadBytes: Int { unread.readableBytes }
    private var unread = UpstreamParts()
    private var reader: CheckedContinuation<Void, Never>?
    private var pause = Pause.none
    private var isDraining = false
    private var drainedBytes = 0

    /// A body whose head came another way.
    init(source: any UpstreamSource) {
        self.source = source
    }

    /// A body whose head is still to come.
    init(awaitingHeadUntil deadline: NIODeadline?) {
        head = .awaited
        self.deadline = deadline
    }

    // MARK: Reading

    mutating func takeHead() throws(UpstreamFailure) -> (status: Int, headers: HTTPFields)? {
        if case .arrived(let status, let headers) = head {
            head = .taken
            return (status, headers)
        }
        if case .failure(let failure) = end { throw failure }
        return nil
    }

    mutating func take() throws(UpstreamFailure) -> (Part, Effects) {
        if let buffer = unread.popFirst() {
            let isCaughtUp = unread.readableBytes <= Self.highWaterMark / 2
            return (.bytes(buffer), isCaughtUp ? unpaused() : Effects())
        }
        switch end {
        case .success: return (.end, Effects())
        case .failure(let failure): throw failure
        case nil: return (.wait, Effects())
        }
    }

    /// The whole body, if it has arrived in one part.
    mutating func takeWhole(upTo maxBytes: Int) -> ByteBuffer? {
        guard case .success = end, let part = unread.single, part.readableBytes <= maxBytes else { return nil }
        return unread.popFirst()
    }

    /// Lets a reader wait.
    ///
    /// - Returns: False when there is something for it already.
    mutating func wait(_ reader: CheckedContinuation<Void, Never>, isHead: Bool, until deadline: NIODeadline?) -> Bool {
        guard end == nil else { return false }
        if isHead {
            guard case .awaited = head else { return false }
        } else {
            guard unread.isEmpty else { return false }
            self.deadline = deadline
        }
        self.reader = reader
        return true
    }

    /// - Returns: Nil when all of the body has been read.
    mutating func expire() -> Effects? {
        guard end == nil || !unread.isEmpty else { return nil }
        // What is unread is given up, and with it the end that came after it.
        if end != nil { end = .failure(.bodyTimeout) }
        unread.removeAll()
        return end(.failure(.bodyTimeout), cancelling: true)
    }

    /// - Returns: Nil when the body has ended.
    mutating func drain(until deadline: NIODeadline) -> Effects? {
        guard end == nil else { return nil }
        isDraining = true
        self.deadline = deadline
        unread.removeAll()
        return unpaused()
    }

    mutating func pass(_ instant: NIODeadline) -> (next: NIODeadline?, Effects) {
        guard end == nil, let deadline else { return (nil, Effects()) }
        let isHeadAwaited = if case .awaited = head { true } else { false }
        guard reader != nil || isDraining || isHeadAwaited else { return (nil, Effects()) }
        guard deadline <= instant else { return (deadline, Effects()) }
        let failure: UpstreamFailure =
            if isDraining { .cancelled } else if isHeadAwaited { .responseHeadersTimeout } else { .bodyTimeout }
        return (nil, end(.failure(failure), cancelling: true))
    }

    // MARK: Writing

    mutating func receive(_ head: (status: Int, headers: HTTPFields)) -> Effects {
        guard end == nil, case .awaited = self.head else { return Effects() }
        self.head = .arrived(status: head.status, headers: head.headers)
        deadline = nil
        return woken()
    }

    /// - Parameter resume: Makes the producer go on; nil stands for the source.
    mutating func receive(_ buffer: ByteBuffer, orPause resume: (@Sendable () -> Void)?) -> (goesOn: Bool, Effects) {
        guard end == nil else { return (true, Effects()) }
        guard !isDraining else {
            drainedBytes += buffer.readableBytes
            guard drainedBytes <= Self.maxDrainedBytes else {
                return (true, end(.failure(.cancelled), cancelling: true))
            }
            return (true, Effects())
        }
        unread.append(buffer)
        let goesOn = unread.readableBytes <= Self.highWaterMark
        if !goesOn { pause = resume.map(Pause.closure) ?? .source }
        return (goesOn, woken())
    }

    mutating func end(_ result: Result<Void, UpstreamFailure>, cancelling: Bool) -> Effects {
        guard end == nil else { return woken() }
        if cancelling { unread.removeAll() }
        end = result
        var effects = unpaused()
        let woken = woken()
        effects.reader = woken.reader
        effects.isUnwatched = woken.isUnwatched || isDraining
        effects.isCancelled = cancelling
        // The source must not go on with what it ends.
        if cancelling { effects.isSourceResumed = false }
        effects.source = source
        return effects
    }

    private mutating func woken() -> Effects {
        guard let reader else { return Effects() }
        self.reader = nil
        return Effects(source: source, isUnwatched: true, reader: reader)
    }

    private mutating func unpaused() -> Effects {
        defer { pause = .none }
        switch pause {
        case .none: return Effects()
        case .closure(let resume): return Effects(resumeProducer: resume)
        case .source: return Effects(source: source, isSourceResumed: true)
        }
    }
}

extension NIODeadline {
    /// The deadline after an amount, at most the last that there is.
    func saturatingAdding(_ amount: TimeAmount) -> NIODeadline {
        guard amount.nanoseconds > 0 else { return self }
        let (sum, overflow) = uptimeNanoseconds.addingReportingOverflow(UInt64(amount.nanoseconds))
        return .uptimeNanoseconds(overflow ? .max : sum)
    }
}
