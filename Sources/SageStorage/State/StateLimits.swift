/// The bounds of what a ``StateStore`` takes.
public enum StateLimits {
    /// The longest name, in bytes of UTF-8.
    public static let longestName = 1_024
    /// The most reports in one publication.
    public static let mostStatuses = 1_000
    /// The most reports and the most rounds that a view holds; those that are kept longest go first.
    public static let mostReports = 20_000
    /// The most probes of a round.
    public static let mostProbes = 1_000
    /// How long the probes of a breaker are remembered after their last change.
    public static let probeMemory = Duration.seconds(3_600)
    /// The most demands or corrections at once.
    public static let mostDemands = 16
    /// The longest time for which anything is kept, paused or counted.
    public static let longestTime = Duration.seconds(31 * 86_400)
    /// The most permits of an account.
    public static let mostPermits = 1_000_000_000
}
