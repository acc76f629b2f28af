import SageResilience

extension GatewayConfiguration {
    /// Where Sage keeps what must not be lost, and for how long.
    package struct Storage: Sendable, Hashable {
        /// The state of breakers and limiters.
        package var state = StoreAddress.sqlite(path: Self.defaultFile)
        /// The conversations.
        package var sessions = StoreAddress.sqlite(path: Self.defaultFile)
        /// What is remembered beyond one conversation.
        package var memory = StoreAddress.sqlite(path: Self.defaultFile)
        /// How long things are kept.
        package var retention = Retention()
        /// How instances work together.
        package var shared = Shared()

        /// The file in the data directory that holds everything unless another place is named.
        package static let defaultFile = "sage.db"

        /// Creates the defaults.
        package init() {}

        /// How long conversations are kept; what is nil sets no limit.
        package struct Retention: Sendable, Hashable {
            /// The age, since its last entry, at which a conversation is deleted.
            package var sessions: Duration? = .seconds(90 * 86_400)
            /// The most conversations; beyond that the oldest are deleted.
            package var maxSessions: Int?
            /// The most bytes that conversations take together; beyond that the oldest are deleted.
            package var maxBytes: Int? = 10 << 30

            /// Creates the defaults.
            package init() {}
        }

        /// How instances that share a store of state work together.
        package struct Shared: Sendable, Hashable {
            /// How many instances must have opened a breaker before the others follow.
            package var quorum = 1
            /// How often state is published and read.
            package var interval: Duration = .seconds(1)
            /// Whether the limits of providers and keys count for all instances together.
            package var sharedLimits = false
            /// How long a request waits for the store's answer before this instance decides alone.
            package var timeout: Duration = .milliseconds(50)

            /// Creates the defaults.
            package init() {}
        }
    }
}

extension GatewayConfiguration.Storage {
    static let fields = FieldTable(
        [
            Field("state", \.state, .store([.sqlite, .redis, .local])),
            Field("sessions", \.sessions, .store([.sqlite, .postgres])),
            Field("memory", \.memory, .store([.sqlite, .postgres])),
            Field("retention", \.retention, Retention.fields.format),
            Field("shared", \.shared, Shared.fields.format),
        ],
        initial: { GatewayConfiguration.Storage() })
}

extension GatewayConfiguration.Storage.Retention {
    static let fields = FieldTable(
        [
            Field("sessions", \.sessions, .ageOrOff),
            Field("maxSessions", \.maxSessions, .integerOrOff(1...1_000_000_000)),
            Field("maxBytes", \.maxBytes, .sizeOrOff(1 << 20...1 << 50)),
        ],
        initial: { GatewayConfiguration.Storage.Retention() })
}

extension GatewayConfiguration.Storage.Shared {
    static let fields = FieldTable(
        [
            Field("quorum", \.quorum, .integer(1...1_000)),
            Field("interval", \.interval, .duration(.milliseconds(100) ... .seconds(3600))),
            Field("sharedLimits", \.sharedLimits, .flag),
            Field("timeout", \.timeout, .duration(.milliseconds(1) ... .seconds(60))),
        ],
        initial: { GatewayConfiguration.Storage.Shared() })
}

extension FieldFormat<Duration?> {
    /// An age, or `off`.
    fileprivate static var ageOrOff: Self {
        let range = Duration.seconds(60) ... .seconds(36_500 * 86_400)
        return .scalar(
            allowed: "60s to 36500d, for example 90d, or off",
            spellings: [.duration, .words(["off"])],
            render: { $0.map { .text(DurationText.render($0)) } ?? .text("off") }
        ) { text in
            if text == "off" { return .some(nil) }
            guard let age = DurationText.parse(text), range.contains(age) else { return nil }
            return .some(age)
        }
    }
}

extension FieldFormat<Int?> {
    /// A number of bytes, or `off`.
    fileprivate static func sizeOrOff(_ range: ClosedRange<Int>) -> Self {
        .scalar(
            allowed: "\(range.lowerBound) to \(range.upperBound) bytes, for example 10GiB, or off",
            spellings: [.size(range), .words(["off"])],
            render: { $0.map { .number("\($0)") } ?? .text("off") }
        ) { text in
            if text == "off" { return .some(nil) }
            guard let size = SizeText.parse(text), range.contains(size) else { return nil }
            return .some(size)
        }
    }
}
