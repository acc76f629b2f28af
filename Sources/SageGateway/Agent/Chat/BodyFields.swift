import NIOCore
import SageLLM

/// Reads the fields of a request's body, strictly; errors name the field, what it is and what is allowed.
struct BodyFields {
    private let members: JSONObject
    private let path: String
    /// The fields with an escape of half a character, which no text can hold.
    private let broken: Set<String>

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - allowed: The keys that it may have.
    /// - Throws: ``GatewayError`` for what is not a JSON object, and for other keys.
    init(_ body: ByteBuffer, allowed: [String]) throws(GatewayError) {
        let value: JSONValue
        let index: JSONObjectIndex
        do throws(JSONScanError) {
            index = try JSONObjectIndex(of: allowed, in: body)
            value = try JSONValue(parsing: body)
        } catch {
            throw GatewayError(.invalidRequest, "the body is not a valid JSON object: \(error)")
        }
        guard case .object(let members) = value else {
            throw GatewayError(.invalidRequest, "the body is not a JSON object")
        }
        // Which of the two would count is anybody's guess.
        if let key = index.repeatedKey {
            throw GatewayError(.invalidRequest, "\(key): stands twice in the body", parameter: key)
        }
        try self.init(
            members, allowed: allowed, path: "",
            broken: Set(allowed.filter { index.bytes($0, in: body).map(Self.hasLoneSurrogate) == true }))
    }

    /// Reads an object within a body.
    init(_ members: JSONObject, allowed: [String], path: String) throws(GatewayError) {
        try self.init(members, allowed: allowed, path: path, broken: [])
    }

    private init(
        _ members: JSONObject, allowed: [String], path: String, broken: Set<String>
    ) throws(GatewayError) {
        for (key, _) in members where !allowed.contains(key) {
            // Taken for something else, a misspelt `session_id` would begin a new conversation every time.
            let hint = Spelling.nearest(to: key, among: allowed).map { "did you mean \($0)? " } ?? ""
            throw GatewayError(
                .invalidRequest,
                "\(path)\(Printable.value(key)) is not a field of this request; \(hint)allowed are "
                    + allowed.joined(separator: ", "), parameter: String("\(path)\(key)".prefix(128)))
        }
        self.members = members
        self.path = path
        self.broken = broken
    }

    /// The value of a field.
    subscript(_ key: String) -> JSONValue? { members[key] }

    /// A text; nil when it is missing or null.
    ///
    /// - Parameter length: The bytes that it may have.
    func text(_ key: String, _ length: ClosedRange<Int> = 0...Int.max) throws(GatewayError) -> String? {
        switch members[key] {
        case nil, .null: return nil
        case .string(let text):
            guard length.contains(text.utf8.count) else {
                throw unexpected(key, "a text of \(length.lowerBound) to \(length.upperBound) bytes")
            }
            return text
        default: throw unexpected(key, "a text")
        }
    }

    /// A text that counts exactly as it stands there.
    func exactText(_ key: String, _ length: ClosedRange<Int> = 0...Int.max) throws(GatewayError) -> String? {
        let text = try text(key, length)
        guard !broken.contains(key) else {
            throw GatewayError(
                .invalidRequest, "\(path)\(key): has half of a pair of surrogates, which no text can hold",
                parameter: path + key)
        }
        return text
    }

    /// A text that is a name exactly as it stands there.
    func id(_ key: String) throws(GatewayError) -> String? {
        guard let text = try exactText(key) else { return nil }
        return try Self.checkedID(text, path + key)
    }

    /// Checks the rules for every id: it is not empty, and has no NUL.
    static func checkedID(_ id: String, _ field: String) throws(GatewayError) -> String {
        guard !id.isEmpty, !id.utf8.contains(0), id.utf8.count <= SessionScope.maximumIDBytes else {
            throw GatewayError(
                .invalidRequest,
                "\(field): a text of 1 to \(SessionScope.maximumIDBytes) bytes without NUL is expected",
                parameter: field)
        }
        return id
    }

    func flag(_ key: String) throws(GatewayError) -> Bool? {
        switch members[key] {
        case nil, .null: return nil
        case .bool(let flag): return flag
        default: throw unexpected(key, "true or false")
        }
    }

    func integer(_ key: String, _ range: ClosedRange<Int>) throws(GatewayError) -> Int? {
        switch members[key] {
        case nil, .null: return nil
        case let value?:
            guard let number = value.intValue, range.contains(number) else {
                throw unexpected(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    func unexpected(_ key: String, _ allowed: String) -> GatewayError {
        let found =
            switch members[key] {
            case .string, nil: ""
            case let value?: ", found \(value.kind)"
            }
        return GatewayError(.invalidRequest, "\(path)\(key): \(allowed) is expected\(found)", parameter: path + key)
    }

    /// Whether a JSON text has an escape of a surrogate without its other half.
    private static func hasLoneSurrogate(_ token: ByteBuffer) -> Bool {
        let bytes = Array(token.readableBytesView)
        var index = 0
        var isAfterLead = false
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                if isAfterLead { return true }
                index += 1
                continue
            }
            guard bytes[index + 1] == UInt8(ascii: "u"), index + 5 < bytes.count,
                let unit = UInt16(String(decoding: bytes[index + 2...index + 5], as: UTF8.self), radix: 16)
            else {
                if isAfterLead { return true }
                index += 2
                continue
            }
            if UTF16.isTrailSurrogate(unit) {
                guard isAfterLead else { return true }
                isAfterLead = false
            } else {
                if isAfterLead { return true }
                isAfterLead = UTF16.isLeadSurrogate(unit)
            }
            index += 6
        }
        return isAfterLead
    }
}
