public import SageResilience

/// How much one span may hold; what is beyond is left out and counted.
public struct SpanLimits: Sendable, Hashable {
    /// The most attributes of a span.
    public let maxAttributes: Int
    /// The most events of a span.
    public let maxEvents: Int
    /// The most links of a span.
    public let maxLinks: Int
    /// The most attributes of an event or a link.
    public let maxInnerAttributes: Int
    /// The most bytes of a text, and the most elements of a list; longer ones are cut.
    public let maxLength: Int

    /// The defaults of every parameter.
    public static let `default` = SpanLimits()

    private init() {
        maxAttributes = 64
        maxEvents = 32
        maxLinks = 16
        maxInnerAttributes = 16
        maxLength = 512
    }

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - maxAttributes: The most attributes of a span, 1 to 1,000. Defaults to 64.
    ///   - maxEvents: The most events of a span, 0 to 1,000. Defaults to 32.
    ///   - maxLinks: The most links of a span, 0 to 1,000. Defaults to 16.
    ///   - maxInnerAttributes: The most attributes of an event or a link, 0 to 1,000. Defaults to 16.
    ///   - maxLength: The most bytes of a text, and the most elements of a list, 16 to 65,536. Defaults to 512.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        maxAttributes: Int = 64, maxEvents: Int = 32, maxLinks: Int = 16, maxInnerAttributes: Int = 16,
        maxLength: Int = 512
    ) throws(ConfigurationError) {
        try Ranges.check("maxAttributes", maxAttributes, 1...1_000)
        try Ranges.check("maxEvents", maxEvents, 0...1_000)
        try Ranges.check("maxLinks", maxLinks, 0...1_000)
        try Ranges.check("maxInnerAttributes", maxInnerAttributes, 0...1_000)
        try Ranges.check("maxLength", maxLength, 16...65_536)
        self.maxAttributes = maxAttributes
        self.maxEvents = maxEvents
        self.maxLinks = maxLinks
        self.maxInnerAttributes = maxInnerAttributes
        self.maxLength = maxLength
    }
}

/// The checks that the configurations of this module share.
enum Ranges {
    static func check(_ field: String, _ value: Int, _ range: ClosedRange<Int>) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw ConfigurationError(
                field: field, value: value, allowed: "\(range.lowerBound) to \(range.upperBound)")
        }
    }

    static func check(_ field: String, _ value: Duration, _ range: ClosedRange<Duration>) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw ConfigurationError(
                field: field, value: value, allowed: "\(range.lowerBound) to \(range.upperBound)")
        }
    }
}
