import NIOCore
import SageLLM

/// The names of models inside the bodies of Gemini's format, which repeat what the path says.
enum GeminiModelNames {
    /// The body with another model's name wherever it names one; nil if it names none.
    static func replacing(in body: ByteBuffer, by name: String) -> ByteBuffer? {
        guard var root = (try? JSONValue(parsing: body)).flatMap(object) else { return nil }
        let resource = JSONValue.string(name.contains("/") ? name : "models/\(name)")
        var isChanged = false
        if root["model"] != nil {
            root["model"] = resource
            isChanged = true
        }
        if case .array(let requests) = root["requests"] {
            root["requests"] = .array(
                requests.map { request in
                    guard var members = object(request), members["model"] != nil else { return request }
                    members["model"] = resource
                    isChanged = true
                    return .object(members)
                })
        }
        return isChanged ? JSONValue.object(root).jsonBuffer : nil
    }

    private static func object(_ json: JSONValue) -> JSONObject? {
        if case .object(let object) = json { object } else { nil }
    }
}
