import NIOCore
import SageLLM
import Tracing

/// The settings of a request that a span tells, read only for a span that is recorded: numbers, never texts.
enum RequestSettings {
    private static let names = [
        "max_tokens": "gen_ai.request.max_tokens", "max_completion_tokens": "gen_ai.request.max_tokens",
        "max_output_tokens": "gen_ai.request.max_tokens", "temperature": "gen_ai.request.temperature",
        "top_p": "gen_ai.request.top_p", "top_k": "gen_ai.request.top_k", "seed": "gen_ai.request.seed",
        "frequency_penalty": "gen_ai.request.frequency_penalty",
        "presence_penalty": "gen_ai.request.presence_penalty",
        // Gemini's.
        "maxOutputTokens": "gen_ai.request.max_tokens", "topP": "gen_ai.request.top_p", "topK": "gen_ai.request.top_k",
        "frequencyPenalty": "gen_ai.request.frequency_penalty", "presencePenalty": "gen_ai.request.presence_penalty",
    ]
    private static let keys = names.keys.sorted()
    private static let whole: Set<String> = ["gen_ai.request.max_tokens", "gen_ai.request.seed"]

    /// - Parameter call: The call as the provider gets it.
    static func attributes(of call: ModelCall) -> [(String, SpanAttribute)] {
        var body = call.request.body
        if call.format == .generateContent {
            guard let index = try? JSONObjectIndex(of: ["generationConfig"], in: body),
                let settings = index.bytes("generationConfig", in: body)
            else { return [] }
            body = settings
        }
        guard let index = try? JSONObjectIndex(of: keys, in: body) else { return [] }
        return index.entries.compactMap { entry in
            guard let name = names[entry.key], let number = number(entry.key, index, body) else { return nil }
            if whole.contains(name) { return Int64(exactly: number).map { (name, .int64($0)) } }
            return (name, .double(number))
        }
    }

    private static func number(_ key: String, _ index: JSONObjectIndex, _ body: ByteBuffer) -> Double? {
        guard let text = index.bytes(key, in: body), text.readableBytes <= 32 else { return nil }
        return Double(String(buffer: text)).flatMap { $0.isFinite ? $0 : nil }
    }
}
