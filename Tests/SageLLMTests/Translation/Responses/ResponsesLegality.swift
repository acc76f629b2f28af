@testable import SageLLM

/// Checks the events of a response as OpenAI's library takes them to pieces: every item is added and done, every part
/// too, deltas add up to the whole, and the response that ends the stream has what was done.
struct ResponsesLegality {
    private(set) var problems: [String] = []
    /// The text, the thoughts and the arguments of the calls that came in deltas.
    private(set) var text = ""
    private(set) var thoughts = ""
    private(set) var arguments: [Int: String] = [:]
    /// The last event.
    private(set) var end: JSONValue?

    private var sequence = 0
    private var open: [Int: String] = [:]
    private var done: [Int: JSONValue] = [:]
    private var parts: [String: String] = [:]

    init(_ events: [ServerSentEvent]) {
        for (position, event) in events.enumerated() {
            guard let json = try? JSONValue(parsing: event.data), let type = json["type"]?.stringValue else {
                problems.append("no JSON with a type")
                continue
            }
            require(type == event.event, "\(type) is called \(event.event ?? "-")")
            require(json["sequence_number"]?.intValue == sequence, "\(type) is out of order")
            require(end == nil, "\(type) follows the end")
            require((position == 0) == (type == "response.created"), "\(type) at \(position)")
            require((position == 1) == (type == "response.in_progress"), "\(type) at \(position)")
            sequence += 1
            check(type, json)
        }
        require(end != nil, "no end")
    }

    private mutating func require(_ condition: Bool, _ problem: String) {
        if !condition { problems.append(problem) }
    }

    private mutating func check(_ type: String, _ json: JSONValue) {
        let index = json["output_index"]?.intValue ?? -1
        let item = json["item_id"]?.stringValue ?? ""
        let part = item + "/\(json["content_index"]?.intValue ?? json["summary_index"]?.intValue ?? -1)"
        let delta = json["delta"]?.stringValue ?? ""
        switch type {
        case "response.created", "response.in_progress":
            require(json["response"]?["status"] == "in_progress", "status of \(type)")
            require(json["response"]?["output"] == [], "output of \(type)")
        case "response.output_item.added":
            require(index == open.count + done.count, "item \(index) is out of order")
            require(json["item"]?["status"] == "in_progress", "item \(index) is done at once")
            open[index] = json["item"]?["id"]?.stringValue ?? ""
        case "response.output_item.done":
            require(open.removeValue(forKey: index) == json["item"]?["id"]?.stringValue, "item \(index) is not open")
            require(json["item"]?["status"] == "completed", "item \(index) is not completed")
            done[index] = json["item"]
            let prefix = (json["item"]?["id"]?.stringValue ?? "") + "/"
            require(!parts.keys.contains { $0.hasPrefix(prefix) }, "item \(index) has an open part")
            if json["item"]?["type"] == "function_call" {
                require(
                    json["item"]?["arguments"]?.stringValue == arguments[index, default: ""], "arguments of \(index)")
            }
        case "response.content_part.added", "response.reasoning_summary_part.added":
            require(open[index] == item && parts[part] == nil, "part \(part)")
            parts[part] = ""
        case "response.output_text.delta", "response.refusal.delta", "response.reasoning_summary_text.delta":
            require(open[index] == item && parts[part] != nil && !delta.isEmpty, "delta of \(part)")
            parts[part, default: ""] += delta
            if type == "response.output_text.delta" { text += delta }
            if type == "response.reasoning_summary_text.delta" { thoughts += delta }
        case "response.output_text.done", "response.refusal.done", "response.reasoning_summary_text.done":
            require((json["text"] ?? json["refusal"])?.stringValue == parts[part], "text of \(part)")
        case "response.content_part.done", "response.reasoning_summary_part.done":
            let text = json["part"]?["text"] ?? json["part"]?["refusal"]
            require(text?.stringValue == parts.removeValue(forKey: part), "part \(part) is done")
        case "response.function_call_arguments.delta":
            require(open[index] == item && !delta.isEmpty, "arguments of \(item)")
            arguments[index, default: ""] += delta
        case "response.function_call_arguments.done":
            require(open[index] == item, "arguments of \(item)")
            require(json["arguments"]?.stringValue == arguments[index, default: ""], "arguments of \(item)")
        case "response.completed", "response.incomplete":
            end = json
            require(open.isEmpty && parts.isEmpty, "something is open at the end")
            require("response." + (json["response"]?["status"]?.stringValue ?? "") == type, "status of the end")
            require(json["response"]?["output"]?.arrayValue == done.sorted { $0.key < $1.key }.map(\.value), "output")
        default:
            problems.append("\(type) is unknown")
        }
    }
}
