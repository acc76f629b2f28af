import SageLLM
import Yams

/// A node of the script together with its place, so that every mistake can be named by line and field.
struct ScriptNode {
    let node: Node
    /// The path from the root, for example `rules[0].steps[2]`.
    let field: String
    private let fallbackLine: Int?

    init(_ node: Node, field: String, fallbackLine: Int? = nil) {
        self.node = node
        self.field = field
        self.fallbackLine = fallbackLine
    }

    var line: Int? { node.mark?.line ?? fallbackLine }

    func error(_ problem: String) -> FaultScriptError {
        FaultScriptError(line: line, field: field, problem: problem)
    }

    /// An error of the form `is "abc"; allowed is ...`.
    func refused(allowed: String) -> FaultScriptError {
        error("is \(shown); allowed is \(allowed)")
    }

    private var shown: String {
        switch node {
        case .scalar(let scalar) where scalar.style == .plain && scalar.string.isEmpty: "empty"
        case .scalar(let scalar) where scalar.string.count > 60: "\"\(scalar.string.prefix(60))...\""
        case .scalar(let scalar): scalar.style == .plain ? scalar.string : "\"\(scalar.string)\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}

// MARK: - Collections

extension ScriptNode {
    var isList: Bool {
        if case .sequence = node { true } else { false }
    }

    /// The entries of a list.
    func elements(allowed: String, count: ClosedRange<Int>) throws(FaultScriptError) -> [ScriptNode] {
        guard case .sequence(let sequence) = node else { throw refused(allowed: allowed) }
        guard count.contains(sequence.count) else {
            throw error("has \(sequence.count) entries; allowed are \(count.lowerBound) to \(count.upperBound)")
        }
        return sequence.enumerated().map { index, element in
            ScriptNode(element, field: "\(field)[\(index)]", fallbackLine: line)
        }
    }

    /// The members of a mapping by key, in the order of the script.
    func members(allowed: String) throws(FaultScriptError) -> [(key: String, value: ScriptNode)] {
        guard case .mapping(let mapping) = node else { throw refused(allowed: allowed) }
        var members: [(key: String, value: ScriptNode)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw FaultScriptError(line: key.mark?.line ?? line, field: field, problem: "a key has to be a text")
            }
            let name = field.isEmpty ? scalar.string : "\(field).\(scalar.string)"
            members.append((scalar.string, ScriptNode(value, field: name, fallbackLine: key.mark?.line ?? line)))
        }
        return members
    }

    /// The members of a mapping whose keys are all known.
    func members<Key: RawRepresentable & Hashable & CaseIterable>(
        of type: Key.Type, allowed: String
    ) throws(FaultScriptError) -> [Key: ScriptNode] where Key.RawValue == String {
        var known: [Key: ScriptNode] = [:]
        for (name, value) in try members(allowed: allowed) {
            guard let key = Key(rawValue: name) else {
                let keys = Key.allCases.map(\.rawValue).joined(separator: ", ")
                throw value.error("unknown key; allowed are \(keys)")
            }
            known[key] = value
        }
        return known
    }
}

// MARK: - Scalars

extension ScriptNode {
    /// The text of a scalar: a quoted one as it stands, a plain one whatever it looks like, but not null.
    func text(allowed: String = "a text") throws(FaultScriptError) -> String {
        guard let text = scalarText else { throw refused(allowed: allowed) }
        return text
    }

    private var scalarText: String? {
        guard case .scalar(let scalar) = node, !isNull else { return nil }
        return scalar.string
    }

    private var plainText: String? {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
        return scalar.string
    }

    private var isNull: Bool {
        plainText.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false
    }

    func bool() throws(FaultScriptError) -> Bool {
        switch plainText {
        case "true": return true
        case "false": return false
        default: throw refused(allowed: "true or false")
        }
    }

    /// Whether this is the plain word `true`.
    var isTrue: Bool { plainText == "true" }

    /// Demands `true`: the key is a switch that is left out when it is off.
    func flag() throws(FaultScriptError) -> Bool {
        guard isTrue else { throw refused(allowed: "true") }
        return true
    }

    func integer(in range: ClosedRange<Int>) throws(FaultScriptError) -> Int {
        guard let value = plainText.flatMap({ Int($0) }), range.contains(value) else {
            throw refused(allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func seed() throws(FaultScriptError) -> UInt64 {
        guard let value = plainText.flatMap({ UInt64($0) }) else {
            throw refused(allowed: "a whole number from 0 to \(UInt64.max)")
        }
        return value
    }

    func ratio() throws(FaultScriptError) -> Double {
        guard let value = plainText.flatMap({ Double($0) }), (0...1).contains(value) else {
            throw refused(allowed: "a number from 0 to 1")
        }
        return value
    }

    /// What ``duration()`` allows, for messages.
    static let allowedDuration = "a number with the unit us, ms, s, m or h, for example 200ms, at most 24h"

    private static let longestDuration = Duration.seconds(86_400)

    func duration() throws(FaultScriptError) -> Duration {
        guard let value = scalarText.flatMap(ProviderDuration.parse), value <= Self.longestDuration else {
            throw refused(allowed: Self.allowedDuration)
        }
        return value
    }

    /// One of an enumeration's raw values.
    func choice<Value: RawRepresentable & CaseIterable>(
        of type: Value.Type
    ) throws(FaultScriptError) -> Value where Value.RawValue == String {
        guard let value = scalarText.flatMap(Value.init(rawValue:)) else {
            throw refused(allowed: Value.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return value
    }
}

// MARK: - Free form

extension ScriptNode {
    /// A text as it stands, or any other value written as JSON.
    func textOrJSON() throws(FaultScriptError) -> String {
        switch node {
        case .mapping, .sequence:
            var budget = 10_000
            return try json(budget: &budget).description
        case .scalar, .alias:
            return try text(allowed: "a text, or a value that is written as JSON")
        }
    }

    /// - Parameter budget: How many more values may be visited; aliases can make a small script unfold without end.
    private func json(budget: inout Int) throws(FaultScriptError) -> JSONValue {
        budget -= 1
        guard budget >= 0 else { throw error("has more than 10000 values") }
        switch node {
        case .sequence:
            var values: [JSONValue] = []
            for element in try elements(allowed: "a list", count: 0...10_000) {
                values.append(try element.json(budget: &budget))
            }
            return .array(values)
        case .mapping:
            var object = JSONObject()
            for (key, value) in try members(allowed: "a mapping") {
                object[key] = try value.json(budget: &budget)
            }
            return .object(object)
        case .scalar(let scalar):
            guard scalar.style == .plain else { return .string(scalar.string) }
            return Self.json(plain: scalar.string, isNull: isNull)
        case .alias:
            throw error("is an alias of nothing")
        }
    }

    private static func json(plain text: String, isNull: Bool) -> JSONValue {
        if isNull { return .null }
        // A number keeps all its digits.
        if let value = try? JSONValue(parsing: text) { return value }
        // YAML also allows numbers that JSON does not: `+1`, `007`, `1.`.
        if let number = Int64(text) { return .integer(number) }
        if let number = Double(text), number.isFinite, text.first.map({ $0 == "-" || $0.isNumber }) == true,
            !text.lowercased().contains("x")
        {
            return .double(number)
        }
        return .string(text)
    }
}
