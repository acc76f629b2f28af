import Foundation
import SageLLM
import Testing

@testable import SageGateway

/// The JSON Schema of the configuration file says what the loader reads and what the documentation lists.
struct ConfigurationSchemaTests {
    /// A key of the file as the schema has it.
    private struct Key {
        enum Step {
            case key(String)
            /// A name of the user's own.
            case name
            case element
        }

        var steps: [Step]
        /// Whether there are keys within its value.
        var isSection: Bool

        /// The key as the documentation names it: without the names of the user's own, limits by themselves.
        var documented: String {
            var names: [String] = []
            for case .key(let name) in steps { names.append(name) }
            if let limits = names.dropLast().lastIndex(of: "limits") { names.removeFirst(limits) }
            return names.joined(separator: ".")
        }

        /// A file that holds nothing but this key, and everything around it; the key may be spelt differently.
        func file(_ spelling: (String) -> String = { $0 }) -> String {
            var text = "null"
            for (index, step) in steps.enumerated().reversed() {
                switch step {
                case .key(let name): text = "{ \(index == steps.count - 1 ? spelling(name) : name): \(text) }"
                case .name: text = "{ mine: \(text) }"
                case .element: text = "[\(text)]"
                }
            }
            return text
        }
    }

    private static let schema = try? JSONValue(parsing: GatewayConfiguration.jsonSchema)

    private static let keys = schema.map { keys(of: $0, at: []) } ?? []

    /// The keys within a value.
    private static func keys(of schema: JSONValue, at steps: [Key.Step]) -> [Key] {
        var found: [Key] = []
        for alternative in schema["anyOf"]?.arrayValue ?? [schema] {
            if alternative["additionalProperties"] == false, let properties = alternative["properties"]?.objectValue {
                for (name, value) in properties {
                    let path = steps + [.key(name)]
                    let inner = keys(of: value, at: path)
                    found.append(Key(steps: path, isSection: !inner.isEmpty))
                    found += inner
                }
            } else if let value = alternative["additionalProperties"] {
                found += keys(of: value, at: steps + [.name])
            } else if let items = alternative["items"] {
                found += keys(of: items, at: steps + [.element])
            }
        }
        return found
    }

    /// The keys of the tables of the reference documentation, by the sections that they stand in.
    private static func documentedKeys() throws -> [String] {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Documentation/gateway.md").standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        let begin = try #require(text.range(of: "\n## Configuration file\n"))
        let end = try #require(text.range(of: "\n## Metrics\n"))
        var keys: [String] = []
        var section = ""
        for line in text[begin.upperBound..<end.lowerBound].split(separator: "\n") {
            if line.hasPrefix("#") {
                let title = line.drop { $0 == "#" || $0 == " " }
                section = title == "Limits of providers" ? "limits" : title.filter { $0 != "`" }
                if line.hasPrefix("### ") { keys.append(section) }
            } else if line.hasPrefix("| `"), section != "Strategies" {
                let cell = line.dropFirst().prefix { $0 != "|" }
                for (index, name) in cell.split(separator: "`").enumerated() where index % 2 == 1 {
                    keys.append("\(section).\(name)")
                }
            }
        }
        return keys
    }

    @Test func everyKeyOfTheSchemaIsDocumentedAndTheOtherWayRound() throws {
        let documented = try Self.documentedKeys()
        #expect(documented.count > 100)
        #expect(Set(documented).count == documented.count, "a key is documented twice")
        let values = Set(Self.keys.filter { !$0.isSection }.map(\.documented))
        #expect(values.subtracting(documented).sorted() == [], "keys that the documentation lacks")
        let all = Set(Self.keys.map(\.documented))
        #expect(Set(documented).subtracting(all).sorted() == [], "keys that only the documentation has")
    }

    @Test func theLoaderKnowsEveryKeyOfTheSchemaAndNoOther() {
        #expect(Self.keys.count > 100)
        for key in Self.keys {
            let known = complaints(key.file()).filter { $0.contains("is not a key of this section") }
            #expect(known == [])
            let unknown = complaints(key.file { $0 + "x" }).filter { $0.contains("is not a key of this section") }
            #expect(unknown.count == 1, "\(key.documented)x is not refused")
        }
    }

    @Test func theKeysThatAreRequiredAreThoseThatTheLoaderMisses() {
        #expect(Self.schema?["required"] == ["providers"])
        let missing = complaints("models: { a: { targets: [{}] } }").filter { $0.contains("is missing") }
        #expect(missing.map { $0.contains("providers") }.filter(\.self).count == 1)
        let target = Self.schema?["properties"]?["models"]?["anyOf"]?.arrayValue?.first?["additionalProperties"]
        #expect(target?["required"] == ["targets"])
    }

    @Test func everyValueHasItsBoundsAndItsDefault() {
        let port = Self.schema?["properties"]?["server"]?["anyOf"]?.arrayValue?.first?["properties"]?["port"]
        #expect(port?["default"] == 4141)
        #expect(port?["description"] == "Allowed: 0 to 65535.")
        let alternatives = port?["anyOf"]?.arrayValue ?? []
        #expect(alternatives.contains(["type": "integer", "minimum": 0, "maximum": 65_535]))
        #expect(alternatives.contains(["$ref": "#/$defs/variable"]))
        #expect(alternatives.contains(["type": "null"]))
    }

    @Test func noSecretHasADefault() {
        let token = Self.schema?["properties"]?["server"]?["anyOf"]?.arrayValue?.first?["properties"]?["adminToken"]
        #expect(token != nil)
        #expect(token?["default"] == nil)
    }

    @Test func theExampleNamesEveryKey() {
        for key in Self.keys {
            guard case .key(let name) = key.steps.last else { continue }
            #expect(GatewayConfiguration.exampleFile.contains("\(name):"), "\(name)")
        }
    }
}
