package import SageResilience

extension GatewayConfiguration {
    /// A key with which clients identify themselves, and what it allows.
    package struct ClientKey: Sendable, Hashable {
        /// The name for logs, metrics and messages.
        package var name: String
        /// What is known of the key.
        package var hash: KeyDigest
        /// The most requests in any minute; nil is no limit.
        package var requestsPerMinute: Int?
        /// The tokens a minute, of requests and answers together; nil is no limit.
        package var tokensPerMinute: Int?
        /// The highest priority that a request with this key can ask for.
        package var priority: Priority
        /// The models that can be asked for: names, or patterns in which `*` stands for any characters.
        package var models: [ModelPattern]

        /// A priority by its name.
        package enum Priority: String, Sendable, Hashable, CaseIterable {
            case low
            case normal
            case high
            case critical

            /// The engine's value.
            package var callPriority: CallPriority {
                switch self {
                case .low: .low
                case .normal: .normal
                case .high: .high
                case .critical: .critical
                }
            }
        }

        /// Creates a key.
        package init(
            name: String, hash: KeyDigest, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil,
            priority: Priority = .normal, models: [ModelPattern] = [.any]
        ) {
            self.name = name
            self.hash = hash
            self.requestsPerMinute = requestsPerMinute
            self.tokensPerMinute = tokensPerMinute
            self.priority = priority
            self.models = models
        }
    }

    /// The most keys that a file may have; each has limits of its own in memory.
    static let maximumKeys = 10_000
}

extension GatewayConfiguration.ClientKey {
    static let fields = FieldTable(
        [
            Field("name", \.name, .keyName, isRequired: true),
            Field("hash", \.hash, .keyDigest, isRequired: true),
            Field(
                "requestsPerMinute", optional: \.requestsPerMinute,
                .integer(GatewayConfiguration.Limits.requestRange)),
            Field("tokensPerMinute", optional: \.tokensPerMinute, .integer(GatewayConfiguration.Limits.tokenRange)),
            Field("priority", \.priority, .word()),
            Field("models", \.models, .list(.modelPattern)),
        ],
        initial: { GatewayConfiguration.ClientKey(name: "", hash: .none) })

    /// What a name may be: it stands in logs and as a label of metrics.
    static let allowedName = "1 to 64 of the characters A-Z a-z 0-9 . _ -"

    /// Whether a text can be a name.
    package static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "._-".utf8.contains(byte)
                }
            }
    }
}

extension FieldFormat<String> {
    fileprivate static var keyName: Self {
        .scalar(allowed: GatewayConfiguration.ClientKey.allowedName, render: { .text($0) }) { text in
            GatewayConfiguration.ClientKey.isName(text) ? text : nil
        }
    }
}

extension FieldFormat<KeyDigest> {
    /// Not shown when it is wrong: it might be the key itself.
    fileprivate static var keyDigest: Self {
        .scalar(
            allowed:
                "sha256: and 64 lower-case hexadecimal digits, as `sage keys create` and `sage keys hash` print it",
            spellings: [.pattern("sha256:[0-9a-f]{64}")],
            isSecret: true, render: { .text($0.description) }
        ) { KeyDigest(text: $0) }
    }
}

extension FieldFormat<ModelPattern> {
    fileprivate static var modelPattern: Self {
        .scalar(
            allowed: "1 to 256 characters without control characters; * stands for any characters",
            render: { .text($0.text) }
        ) { ModelPattern($0) }
    }
}

extension GatewayConfiguration {
    /// Checks what keys mean together.
    func checkKeys(_ reader: inout ConfigurationReader) {
        let path = FieldPath.root.key("keys")
        if keys.count > Self.maximumKeys {
            reader.report(path, "has \(keys.count) keys; allowed are at most \(Self.maximumKeys)")
        }
        var names: Set<String> = []
        var digests: [KeyDigest: String] = [:]
        for (index, key) in keys.enumerated() {
            let keyPath = path.index(index)
            if key.models.isEmpty, !reader.isRefused(within: keyPath.key("models")) {
                reader.report(keyPath.key("models"), "is empty; a key without models is of no use")
            }
            if !names.insert(key.name).inserted {
                reader.report(keyPath.key("name"), "is \(Printable.value(key.name)), the name of another key already")
            }
            if let other = digests.updateValue(key.name, forKey: key.hash) {
                reader.report(keyPath.key("hash"), "is that of the key \(Printable.value(other)) already")
            }
        }
    }
}
