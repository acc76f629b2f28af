import Configuration
import SageResilience

extension SettingScope {
    /// What a setting is called that switches something off.
    static let off = "off"

    private static func isOff(_ content: ConfigContent) -> Bool { content == .string(off) }

    /// A whole number.
    func integer(_ key: String, default value: Int?, _ allowed: String) throws(ConfigurationError) -> Int? {
        try read(key, type: "whole number", default: value.map(String.init) ?? "none", allowed: allowed) {
            try $0.requiredInt(forKey: $1)
        }
    }

    /// A whole number.
    func integer(_ key: String, default value: Int, _ allowed: String) throws(ConfigurationError) -> Int {
        try integer(key, default: .some(value), allowed) ?? value
    }

    /// A whole number, or off.
    func integerOrOff(_ key: String, default value: Int?, _ allowed: String) throws(ConfigurationError) -> Int? {
        let read: Int?? = try read(
            key, type: "whole number", default: value.map(String.init) ?? Self.off, allowed: "\(allowed), or off"
        ) {
            try .some($0.requiredInt(forKey: $1))
        } orConvert: {
            Self.isOff($0) ? .some(nil) : nil
        }
        return read ?? value
    }

    /// A number.
    func number(
        _ key: String, default value: Double, _ allowed: String, unit: String? = nil
    ) throws(ConfigurationError) -> Double {
        try read(key, type: Self.number(unit), default: Self.text(value), allowed: allowed) {
            try $0.requiredDouble(forKey: $1)
        } orConvert: { content in
            if case .int(let number) = content { Double(number) } else { nil }
        } ?? value
    }

    /// A number, or off.
    func numberOrOff(_ key: String, default value: Double?, _ allowed: String) throws(ConfigurationError) -> Double? {
        let read: Double?? = try read(
            key, type: Self.number(nil), default: value.map(Self.text) ?? Self.off, allowed: "\(allowed), or off"
        ) {
            try .some($0.requiredDouble(forKey: $1))
        } orConvert: { content in
            if case .int(let number) = content { .some(Double(number)) } else { Self.isOff(content) ? .some(nil) : nil }
        }
        return read ?? value
    }

    /// A duration.
    func duration(
        _ key: String, default value: Duration?, _ allowed: String
    ) throws(ConfigurationError) -> Duration? {
        try read(key, type: Self.duration, default: value.map(DurationText.render) ?? "none", allowed: allowed) {
            DurationText.parse(try $0.requiredString(forKey: $1))
        } orConvert: {
            $0 == .int(0) ? .zero : nil
        }
    }

    /// A duration.
    func duration(_ key: String, default value: Duration, _ allowed: String) throws(ConfigurationError) -> Duration {
        try duration(key, default: .some(value), allowed) ?? value
    }

    /// A duration, or off.
    func durationOrOff(
        _ key: String, default value: Duration?, _ allowed: String
    ) throws(ConfigurationError) -> Duration? {
        let read: Duration?? = try read(
            key, type: Self.duration, default: value.map(DurationText.render) ?? Self.off, allowed: "\(allowed), or off"
        ) {
            let text = try $0.requiredString(forKey: $1)
            return text == Self.off ? .some(nil) : DurationText.parse(text).map { .some($0) }
        } orConvert: {
            $0 == .int(0) ? .some(.zero) : nil
        }
        return read ?? value
    }

    /// Yes or no; nil if the key is absent.
    func flag(_ key: String, default text: String) throws(ConfigurationError) -> Bool? {
        try read(key, type: Setting.boolean, default: text, allowed: "true or false") {
            try $0.requiredBool(forKey: $1)
        }
    }

    /// Yes or no.
    func flag(_ key: String, default value: Bool) throws(ConfigurationError) -> Bool {
        try flag(key, default: "\(value)") ?? value
    }

    /// One of several words; nil if the key is absent.
    func word<Value>(
        _ key: String, default text: String, among words: KeyValuePairs<String, Value>
    ) throws(ConfigurationError) -> Value? {
        try read(key, type: Setting.word, default: text, allowed: words.map(\.key).joined(separator: ", ")) {
            reader, key in
            let text = try reader.requiredString(forKey: key)
            return words.first { $0.key == text }?.value
        }
    }

    /// One word of an enumeration.
    func word<Value: RawRepresentable & CaseIterable>(
        _ key: String, default value: Value
    ) throws(ConfigurationError) -> Value where Value.RawValue == String {
        let allowed = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return try read(key, type: Setting.word, default: value.rawValue, allowed: allowed) {
            Value(rawValue: try $0.requiredString(forKey: $1))
        } ?? value
    }

    /// A list whose elements are read one by one; nil if the key is absent.
    func list<Value>(
        _ key: String, type: String, default text: String, _ allowed: String, _ element: (String) -> Value?
    ) throws(ConfigurationError) -> [Value]? {
        try read(key, type: type, default: text, allowed: allowed) {
            let texts = try $0.requiredStringArray(forKey: $1)
            let values = texts.compactMap(element)
            return values.count == texts.count ? values : nil
        }
    }

    private static let duration = "duration such as 30s, 100ms or 2m"

    private static func number(_ unit: String?) -> String { unit.map { "number, \($0)" } ?? "number" }

    private static func text(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? "\(number)" }
}
