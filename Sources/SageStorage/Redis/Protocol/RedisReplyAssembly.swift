/// Puts a reply together while its parts arrive, depth first and within limits.
struct RedisReplyAssembly {
    private struct Frame {
        var missing: Int
        var values: [RedisValue] = []
    }

    /// Arrays within arrays; what Redis' own commands answer needs four, and hiredis reads no more than eight.
    static let deepest = 7

    private let maxValues: Int
    private var frames: [Frame] = []
    /// How many values the reply has, those included that its arrays have announced.
    private var announced = 0
    private var complete: RedisValue?
    /// Which limit the reply has exceeded; nil while none.
    private(set) var violation: String?

    init(maxValues: Int) {
        self.maxValues = maxValues
    }

    /// Begins an array of so many values.
    ///
    /// - Returns: Whether the limits allow it.
    mutating func begin(count elements: Int) -> Bool {
        guard elements >= 0, elements <= maxValues - announced else {
            return refuse("an array of \(elements) values; up to \(maxValues) are allowed in a reply")
        }
        guard frames.count < Self.deepest else {
            return refuse("arrays deeper than \(Self.deepest) levels")
        }
        if elements == 0 {
            append(.array([]))
            return true
        }
        announced += elements
        var frame = Frame(missing: elements)
        // What a server announces is not yet worth any memory.
        frame.values.reserveCapacity(min(elements, 1_024))
        frames.append(frame)
        return true
    }

    /// Takes a value that is not an array.
    mutating func append(_ value: RedisValue) {
        var value = value
        while var frame = frames.popLast() {
            frame.values.append(value)
            frame.missing -= 1
            if frame.missing > 0 {
                frames.append(frame)
                return
            }
            value = .array(frame.values)
        }
        complete = value
    }

    /// The reply once it is whole, and makes ready for the next one.
    mutating func take() -> RedisValue? {
        guard frames.isEmpty, let complete else { return nil }
        self.complete = nil
        announced = 0
        return complete
    }

    /// Notes what the protocol does not allow here.
    mutating func refuse(_ reason: String) -> Bool {
        violation = violation ?? reason
        return false
    }
}
