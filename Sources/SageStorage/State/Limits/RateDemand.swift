/// Permits to be taken from one account.
public struct RateDemand: Sendable, Hashable {
    /// The name of the account; the same in all instances.
    public var account: String
    /// How its permits are counted.
    public var rule: RateRule
    /// How many are taken; zero takes nothing, and only asks.
    public var permits: Int

    /// Creates a demand.
    ///
    /// - Parameters:
    ///   - account: The name of the account.
    ///   - rule: How its permits are counted.
    ///   - permits: How many are taken, 0 or more. Defaults to 1.
    public init(_ account: String, _ rule: RateRule, permits: Int = 1) {
        self.account = account
        self.rule = rule
        self.permits = permits
    }
}

/// The correction of what was taken from one account to what was used.
public struct RateCorrection: Sendable, Hashable {
    /// The name of the account.
    public var account: String
    /// How its permits are counted.
    public var rule: RateRule
    /// How many were taken.
    public var reserved: Int
    /// How many were used.
    public var actual: Int

    /// Creates a correction.
    ///
    /// - Parameters:
    ///   - account: The name of the account.
    ///   - rule: How its permits are counted.
    ///   - reserved: How many were taken, 0 or more.
    ///   - actual: How many were used, 0 or more.
    public init(_ account: String, _ rule: RateRule, reserved: Int, actual: Int) {
        self.account = account
        self.rule = rule
        self.reserved = reserved
        self.actual = actual
    }
}
