package import SageResilience

/// Which of several keys a call gets.
package struct KeyChoice: Sendable, Hashable {
    /// The key; nil when all keys were to be avoided.
    package let key: Int?
    /// What the key's target is good for with it.
    package let availability: TargetAvailability

    /// Chooses among keys of which nothing bad is known.
    init(usable turn: Int, of count: Int) {
        key = count == 1 ? 0 : Int(UInt(bitPattern: turn) % UInt(count))
        availability = .ready
    }

    /// Chooses the next usable key in turn.
    ///
    /// Without a usable one it is the key whose pause ends first, and without a paused one the next of the refused.
    ///
    /// - Parameters:
    ///   - count: The number of keys.
    ///   - turn: A number that grows by one from choice to choice.
    ///   - avoided: The keys that must not be chosen.
    ///   - state: Whether a key can be used.
    package init(count: Int, turn: Int, avoiding avoided: KeySet, state: (Int) -> KeyRing.State) {
        var usable = 0
        var refused = 0
        var paused: (key: Int, until: Moment)?
        for key in 0..<count where !avoided.contains(key) {
            switch state(key) {
            case .usable: usable += 1
            case .refused: refused += 1
            case .paused(let until): if until < paused?.until ?? .distantFuture { paused = (key, until) }
            }
        }
        // Those that are left share the turns of the others evenly.
        func next(of number: Int, where isIncluded: (KeyRing.State) -> Bool) -> Int? {
            var position = Int(UInt(bitPattern: turn) % UInt(number))
            return (0..<count).first { key in
                guard !avoided.contains(key), isIncluded(state(key)) else { return false }
                position -= 1
                return position < 0
            }
        }
        if usable > 0 {
            key = next(of: usable) { $0 == .usable }
            availability = .ready
        } else if let paused {
            key = paused.key
            availability = .paused(until: paused.until)
        } else if refused > 0 {
            key = next(of: refused) { _ in true }
            availability = .lastResort
        } else {
            key = nil
            availability = .exhausted
        }
    }
}

/// What a target is good for at a moment.
package enum TargetAvailability: Sendable, Hashable {
    /// It can be called.
    case ready
    /// It has asked not to be called until then.
    case paused(until: Moment)
    /// It can be called only with a key that was refused lately: not worth the attempt while there is another target.
    case lastResort
    /// There is no key that the request may still use.
    case exhausted
}
