/// Which copy of a hedged call the current task is.
struct HedgeCopy: Sendable {
    /// What the current task is; the call itself outside of every hedge.
    @TaskLocal static var current = HedgeCopy()

    /// From 1, which is the call itself.
    var number = 1
    /// Whether hedges further in make one call only.
    var isAlone = false
}

extension Hedge {
    /// The number of the copy that the current task is; 1 is the call itself, and every call outside of a hedge.
    ///
    /// An operation can send it along, or take another server for a copy.
    public static var currentCopy: Int { HedgeCopy.current.number }

    /// Runs an operation whose hedges make one call each, whatever their policy: the operation is not safe to repeat.
    ///
    /// - Parameter operation: Runs on the caller's executor.
    /// - Throws: The operation's own error.
    public static func withoutCopies<Result>(_ operation: () async throws -> Result) async rethrows -> Result {
        var copy = HedgeCopy.current
        copy.isAlone = true
        return try await HedgeCopy.$current.withValue(copy) { try await operation() }
    }
}

/// The result of a hedged call, and which copy it came from.
public struct HedgeResult<Value: Sendable>: Sendable {
    /// The result.
    public let value: Value
    /// The copy that came first; 1 is the call itself.
    public let copy: Int
    /// How many copies were started, the call itself included.
    public let started: Int

    /// Creates a result, for tests of what reads it.
    ///
    /// - Parameters:
    ///   - value: The result.
    ///   - copy: The copy that came first, from 1. Defaults to 1, the call itself.
    ///   - started: How many copies were started, the call itself included. Defaults to 1.
    public init(value: Value, copy: Int = 1, started: Int = 1) {
        self.value = value
        self.copy = copy
        self.started = started
    }

    /// Whether another copy than the call itself came first.
    public var isHedgeWin: Bool { copy > 1 }
}

extension HedgeResult: Equatable where Value: Equatable {}
extension HedgeResult: Hashable where Value: Hashable {}
