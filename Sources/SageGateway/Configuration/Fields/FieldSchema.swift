import SageResilience

/// What the JSON Schema of the configuration file says of a value (draft 2020-12).
///
/// It never refuses what the loader takes, as far as types, names of keys, words and ranges go; what only the loader can
/// know, such as whether a name exists or how long a time may be, is not in it.
struct FieldSchema: Sendable, Hashable {
    /// Schemas of which one has to hold.
    private var alternatives: [RenderedValue]
    private var notes: [RenderedValue.Entry] = []

    private init(_ alternatives: [RenderedValue]) { self.alternatives = alternatives }

    /// A single value, which may be spelt in several ways.
    ///
    /// - Parameters:
    ///   - spellings: The ways.
    ///   - allowed: The end of the sentence "allowed is ...".
    static func scalar(_ spellings: [ScalarSpelling], allowed: String) -> FieldSchema {
        let takesAnyText = spellings.contains(.text)
        // A variable may stand for any value, and within one.
        var schema = FieldSchema(
            spellings.flatMap(\.schemas) + (takesAnyText ? [] : [.reference(to: variableName)]))
        schema.notes = [RenderedValue.Entry(key: "description", value: .text("Allowed: \(allowed)."))]
        return schema
    }

    static func list(of element: FieldSchema) -> FieldSchema {
        FieldSchema([
            .section([.keyword("type", .text("array")), .keyword("items", element.rendered)])
        ])
    }

    /// A mapping whose keys are names of the user's own.
    static func named(_ element: FieldSchema) -> FieldSchema {
        FieldSchema([
            .section([.keyword("type", .text("object")), .keyword("additionalProperties", element.rendered)])
        ])
    }

    /// A mapping with fixed keys.
    static func section(_ properties: [(name: String, schema: FieldSchema)], required: [String]) -> FieldSchema {
        var entries: [RenderedValue.Entry] = [
            .keyword("type", .text("object")),
            .keyword("properties", .section(properties.map { .keyword($0.name, $0.schema.rendered) })),
            .keyword("additionalProperties", .flag(false)),
        ]
        if !required.isEmpty { entries.append(.keyword("required", .list(required.map { .text($0) }))) }
        return FieldSchema([.section(entries)])
    }

    /// The JSON Schema of an object.
    static var objectSchema: FieldSchema {
        FieldSchema([
            .section([
                .keyword("type", .text("object")),
                .keyword("properties", .section([.keyword("type", .section([.keyword("const", .text("object"))]))])),
                .keyword("required", .list([.text("type")])),
            ])
        ])
    }

    /// The same, where leaving the value empty means the default.
    ///
    /// - Parameter value: The default, which is told if it is a single value.
    func optional(default value: RenderedValue) -> FieldSchema {
        var schema = self
        schema.alternatives.append(.section([.keyword("type", .text("null"))]))
        switch value {
        case .flag, .number, .text: schema.notes.append(.keyword("default", value))
        case .null, .list, .section: break
        }
        return schema
    }

    /// The schema as JSON has it.
    var rendered: RenderedValue {
        guard alternatives.count == 1, case .section(let entries) = alternatives[0] else {
            return .section(notes + [.keyword("anyOf", .list(alternatives))])
        }
        return .section(notes + entries)
    }

    /// The schema as a document of its own.
    func document(title: String) -> RenderedValue {
        guard case .section(let entries) = rendered else { return rendered }
        let variable: [RenderedValue.Entry] = [
            .keyword("description", .text("Text with a variable of the environment: ${NAME} or ${NAME:-default}.")),
            .keyword("type", .text("string")), .keyword("pattern", .text(#"\$\{"#)),
        ]
        return .section(
            [
                .keyword("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
                .keyword("title", .text(title)),
            ] + entries + [.keyword("$defs", .section([.keyword(Self.variableName, .section(variable))]))])
    }

    private static let variableName = "variable"
}

/// A way to spell a single value.
enum ScalarSpelling: Sendable, Hashable {
    /// Any text; YAML needs no quotation marks around one that looks like a number.
    case text
    /// A text that matches an expression from its beginning to its end.
    case pattern(String)
    /// One of several words.
    case words([String])
    /// `true` or `false`.
    case flag
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>, excludesLowerBound: Bool)
    /// `1.5s`, `2m`, `1h30m`, `0`.
    case duration
    /// A number of bytes, or with a unit.
    case size(ClosedRange<Int>)

    fileprivate var schemas: [RenderedValue] {
        switch self {
        case .text:
            return [.section([.keyword("type", .list([.text("string"), .text("number"), .text("boolean")]))])]
        case .pattern(let pattern): return [.matching(pattern)]
        case .words(let words): return [.section([.keyword("enum", .list(words.map { .text($0) }))])]
        case .flag: return [.section([.keyword("type", .text("boolean"))]), .matching("true|false")]
        case .integer(let range):
            return [
                .section([
                    .keyword("type", .text("integer")), .keyword("minimum", .number("\(range.lowerBound)")),
                    .keyword("maximum", .number("\(range.upperBound)")),
                ]),
                .matching("-?[0-9]+"),
            ]
        case .number(let range, let excludesLowerBound):
            return [
                .section([
                    .keyword("type", .text("number")),
                    .keyword(
                        excludesLowerBound ? "exclusiveMinimum" : "minimum",
                        .number(DecimalText.render(range.lowerBound))),
                    .keyword("maximum", .number(DecimalText.render(range.upperBound))),
                ]),
                .matching("[-+.0-9eE]+"),
            ]
        case .duration:
            return [
                .section([.keyword("const", .number("0"))]), .matching("0|([0-9]+(\\.[0-9]+)?(d|h|m|s|ms|us|ns))+"),
            ]
        case .size(let range):
            return [
                .section([
                    .keyword("type", .text("integer")), .keyword("minimum", .number("\(range.lowerBound)")),
                    .keyword("maximum", .number("\(range.upperBound)")),
                ]),
                .matching("[0-9]+(\\.[0-9]+)? ?([kKmMgGtT][iI]?)?[bB]?"),
            ]
        }
    }
}

extension RenderedValue {
    fileprivate static func reference(to definition: String) -> RenderedValue {
        .section([.keyword("$ref", .text("#/$defs/\(definition)"))])
    }

    fileprivate static func matching(_ pattern: String) -> RenderedValue {
        .section([.keyword("type", .text("string")), .keyword("pattern", .text("^(\(pattern))$"))])
    }
}

extension RenderedValue.Entry {
    fileprivate static func keyword(_ name: String, _ value: RenderedValue) -> Self {
        RenderedValue.Entry(key: name, value: value)
    }
}
