package import SageResilience

/// What is known about each of a provider's keys, as a value.
///
/// A key that the provider refuses is dead for a while, then a single call tries it again; each trial that fails doubles
/// the while. A key that is asked to pause rests until then. What a call reports that began before the key was refused
/// neither lengthens that time nor revives the key.
package struct KeyRing: Sendable {
    /// Whether a key can be used.
    package enum State: Sendable, Hashable {
        /// Nothing is known that speaks against it, or its trial is due.
        case usable
        /// The provider asked for a pause of this key.
        case paused(until: Moment)
        /// The provider does not accept the key, or its account has no money left; tried again then.
        case refused(until: Moment)

        /// The state of a key that has two: what is worse counts.
        package func joined(with other: State) -> State {
            switch (self, other) {
            case (.refused(let first), .refused(let second)): .refused(until: max(first, second))
            case (.refused, _): self
            case (_, .refused): other
            case (.paused(let first), .paused(let second)): .paused(until: max(first, second))
            case (.paused, .usable): self
            case (.usable, _): other
            }
        }
    }

    private struct Entry: Sendable {
        var pausedUntil = Moment.zero
        var refusals = 0
        var refusedAt = Moment.zero
        var refusedUntil = Moment.zero
        var isOnTrial = false

        func state(now: Moment) -> State {
            if refusals > 0, refusedUntil > now { return .refused(until: refusedUntil) }
            return pausedUntil > now ? .paused(until: pausedUntil) : .usable
        }
    }

    /// How long a key rests after its first refusal: a minute.
    package static let firstRest: Int64 = 60_000_000_000
    /// The longest time between two trials: half an hour.
    package static let longestRest: Int64 = 1_800_000_000_000

    private var entries: [Entry]

    /// Creates the state of keys of which nothing bad is known.
    ///
    /// - Parameter count: The number of keys, 1 to ``KeySet/capacity``.
    package init(count: Int) {
        entries = Array(repeating: Entry(), count: count)
    }

    /// Whether a key can be used; a refused one can when its trial is due.
    package func state(of key: Int, now: Moment) -> State { entries[key].state(now: now) }

    /// Whether nothing bad is known about any key.
    package func isClear(now: Moment) -> Bool {
        entries.allSatisfy { $0.refusals == 0 && $0.pausedUntil <= now }
    }

    /// Notes that a key is about to be used.
    ///
    /// - Returns: False when the key is refused and another call has begun its trial already.
    package mutating func begin(_ key: Int, now: Moment) -> Bool {
        guard entries[key].refusals > 0 else { return true }
        guard entries[key].refusedUntil <= now else { return false }
        entries[key].isOnTrial = true
        // A trial that never reports must not keep the key away for good.
        entries[key].refusedUntil = now.advanced(by: Self.firstRest)
        return true
    }

    /// Notes that the provider asked for a pause of a key; the later of two such requests counts.
    package mutating func pause(_ key: Int, until moment: Moment) {
        entries[key].pausedUntil = max(entries[key].pausedUntil, moment)
    }

    /// Notes that the provider did not accept a key.
    ///
    /// - Returns: Until when the key is not used; nil if that was known before.
    package mutating func refuse(_ key: Int, now: Moment) -> Moment? {
        var entry = entries[key]
        guard entry.refusals == 0 || entry.isOnTrial || entry.refusedUntil <= now else { return nil }
        // More doublings than these change nothing.
        let rest = min(Self.firstRest << Int64(min(entry.refusals, 10)), Self.longestRest)
        entry.refusals += 1
        entry.isOnTrial = false
        entry.refusedAt = now
        entry.refusedUntil = now.advanced(by: rest)
        entries[key] = entry
        return entry.refusedUntil
    }

    /// Notes that a call with a key succeeded.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - startedAt: When the call began.
    /// - Returns: Whether this revived the key.
    package mutating func succeed(_ key: Int, startedAt: Moment) -> Bool {
        guard entries[key].refusals > 0, startedAt >= entries[key].refusedAt else { return false }
        entries[key].refusals = 0
        entries[key].isOnTrial = false
        return true
    }
}
