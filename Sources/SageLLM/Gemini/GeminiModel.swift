/// What the name of one of Gemini's models tells.
enum GeminiModel {
    /// The first number of the version: 3 of `gemini-3.1-pro-preview`; nil where the name has none.
    static func generation(_ model: String) -> Int? {
        let name = model.split(separator: "/").last ?? ""
        guard name.hasPrefix("gemini-") else { return nil }
        return Int(name.dropFirst("gemini-".count).prefix { $0.isASCII && $0.isNumber })
    }

    /// Whether the model takes a level of thinking, and wants its signatures back: from the third generation on.
    static func hasThinkingLevels(_ model: String) -> Bool { generation(model).map { $0 >= 3 } ?? false }
}
