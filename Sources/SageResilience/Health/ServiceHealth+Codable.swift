extension ServiceImportance {
    /// Reads `critical`, `optional` or `alternative:` with the name of the group.
    ///
    /// - Throws: `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        switch text {
        case "critical": self = .critical
        case "optional": self = .optional
        case _ where text.hasPrefix(Self.alternativePrefix):
            self = .alternative(group: String(text.dropFirst(Self.alternativePrefix.count)))
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(text) is no importance of a service"))
        }
    }

    /// Writes the form that is read.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .critical: try container.encode("critical")
        case .optional: try container.encode("optional")
        case .alternative(let group): try container.encode(Self.alternativePrefix + group)
        }
    }

    private static let alternativePrefix = "alternative:"
}

extension ServiceHealth.LastFailure: Codable {
    private enum CodingKeys: String, CodingKey {
        case age = "age_seconds"
        case errorClass = "class"
        case errorType = "type"
    }

    /// Reads `age_seconds`, `class` and `type`; a class of a later version is unknown.
    ///
    /// - Throws: `DecodingError` for what is missing or of another kind.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let seconds = try container.decode(Double.self, forKey: .age)
        self.init(
            age: .nanoseconds(Int64(saturating: seconds * 1e9)),
            errorClass: ErrorClass(rawValue: try container.decode(String.self, forKey: .errorClass)) ?? .unknown,
            errorType: try container.decode(String.self, forKey: .errorType))
    }

    /// Writes `age_seconds`, `class` and `type`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(age.seconds, forKey: .age)
        try container.encode(errorClass.rawValue, forKey: .errorClass)
        try container.encode(errorType, forKey: .errorType)
    }
}
