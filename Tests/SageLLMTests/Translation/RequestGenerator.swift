@testable import SageLLM

/// Makes random requests for chat completions of what every format can say, in the words in which they are written.
struct ChatRequestGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func request() -> JSONValue {
        var object: JSONObject = ["model": "m"]
        var messages: [JSONValue] = []
        if chance(2) { messages.append(["role": "system", "content": .string(text())]) }
        for _ in 0...int(0...3) { messages += turn() }
        object["messages"] = .array(messages)
        if chance(2) { object["max_tokens"] = .integer(Int64(int(1...9_000))) }
        if chance(3) { object["temperature"] = .number(Double(int(0...8)) / 4) }
        if chance(3) { object["top_p"] = .number(Double(int(1...4)) / 4) }
        if chance(4) { object["seed"] = .integer(Int64(int(0...100))) }
        if chance(4) { object["frequency_penalty"] = 0.5 }
        if chance(4) { object["presence_penalty"] = -1 }
        if chance(4) { object["n"] = .integer(Int64(int(2...5))) }
        if chance(3) { object["stop"] = .array((0..<int(1...4)).map { .string("s\($0)") }) }
        if chance(3) { object["user"] = .string("user-\(int(0...99))") }
        if chance(3) { object["reasoning_effort"] = .string(["minimal", "low", "medium", "high"][int(0...3)]) }
        if chance(2) {
            object["stream"] = true
            if chance(2) { object["stream_options"] = ["include_usage": true] }
        }
        if chance(2) { addTools(to: &object) }
        switch int(0...5) {
        case 0: object["response_format"] = ["type": "json_object"]
        case 1:
            object["response_format"] = [
                "type": "json_schema", "json_schema": ["name": "n", "schema": schema(), "strict": .bool(chance(2))],
            ]
        case 2: object["response_format"] = ["type": "text"]
        default: break
        }
        return .object(object)
    }

    private mutating func turn() -> [JSONValue] {
        var messages: [JSONValue] = [["role": "user", "content": content()]]
        guard chance(2) else { return messages }
        guard chance(2) else {
            return messages + [["role": "assistant", "content": .string(text())]]
        }
        let ids = (0..<int(1...3)).map { "call_\($0)_\(int(0...99_999))" }
        let calls = ids.map { id -> JSONValue in
            let arguments = ["{}", #"{"x":1,"a":[true,null]}"#, #"{"text":"ä\n"}"#, "{oops"][int(0...3)]
            return [
                "id": .string(id), "type": "function",
                "function": ["name": .string("f\(int(0...3))"), "arguments": .string(arguments)],
            ]
        }
        messages.append(
            ["role": "assistant", "content": chance(2) ? .null : .string(text()), "tool_calls": .array(calls)])
        return messages + ids.map { ["role": "tool", "tool_call_id": .string($0), "content": .string(text())] }
    }

    private mutating func content() -> JSONValue {
        guard chance(3) else { return .string(text()) }
        return .array(
            [["type": "text", "text": .string(text())]]
                + (0..<int(1...3)).map { _ in
                    switch int(0...2) {
                    case 0: ["type": "text", "text": .string(text())]
                    case 1: ["type": "image_url", "image_url": ["url": "https://h/i.png"]]
                    default:
                        [
                            "type": "file",
                            "file": ["filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"],
                        ]
                    }
                })
    }

    private mutating func addTools(to object: inout JSONObject) {
        object["tools"] = .array(
            (0..<int(1...3)).map { number in
                [
                    "type": "function",
                    "function": [
                        "name": .string("f\(number)"), "description": .string(text()), "parameters": schema(),
                    ],
                ]
            })
        switch int(0...4) {
        case 0: object["tool_choice"] = "auto"
        case 1: object["tool_choice"] = "none"
        case 2: object["tool_choice"] = "required"
        case 3: object["tool_choice"] = ["type": "function", "function": ["name": "f0"]]
        default: break
        }
        if chance(2) { object["parallel_tool_calls"] = .bool(chance(2)) }
    }

    private mutating func schema() -> JSONValue {
        [
            "type": "object", "properties": ["z": ["type": "string"], "a": ["type": "integer"]],
            "additionalProperties": false,
        ]
    }

    mutating func text() -> String {
        let pieces = ["a", "word ", "ä", "漢字", "😀", "\"", "\\", "\u{7F}", "{", "]", "data:", "\r"]
        return "t" + (0..<int(0...5)).map { _ in pieces[int(0...pieces.count - 1)] }.joined() + "."
    }

    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func chance(_ one: Int) -> Bool { int(1...one) == 1 }
}

extension JSONValue {
    /// The value with one place of it changed: another value, or nothing.
    func mutated(_ random: inout SeededGenerator) -> JSONValue {
        let strange: [JSONValue] = [
            .null, true, 0, -1, 1.5, .integer(.max), .unsigned(.max), "", "text", "data:x;base64,", [], [:], [[]],
            ["type": "x"], .double(.infinity),
        ]
        switch self {
        case .object(var members) where !members.isEmpty && Int.random(in: 0..<8, using: &random) > 0:
            let key = members.keys.randomElement(using: &random) ?? ""
            if Int.random(in: 0..<12, using: &random) == 0 {
                members[key] = nil
            } else {
                members[key] = members[key]?.mutated(&random)
            }
            return .object(members)
        case .array(var elements) where !elements.isEmpty && Int.random(in: 0..<8, using: &random) > 0:
            let index = elements.indices.randomElement(using: &random) ?? 0
            elements[index] = elements[index].mutated(&random)
            return .array(elements)
        default:
            return strange.randomElement(using: &random) ?? .null
        }
    }
}
