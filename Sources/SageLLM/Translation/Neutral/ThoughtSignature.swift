import FoundationEssentials

/// Whose signature stands under a thought or a tool call: a provider refuses one that is not its own.
///
/// Between formats Gemini's signatures carry a mark in front; Anthropic's carry none, because they are the ones that
/// formats with signatures have known first. A client gives back what it was given, so the mark survives in it.
enum ThoughtSignature {
    /// No base64 has a colon, so that it cannot be taken for another's signature.
    private static let geminiMark = "gemini:"
    private static let foreignMark = "foreign:"

    /// Whether a signature between formats is one of Gemini's.
    static func isGemini(_ signature: String) -> Bool { signature.hasPrefix(geminiMark) }

    /// A signature as it stands in one of Gemini's messages, made one between formats.
    static func fromGemini(_ wire: String) -> String {
        guard let data = Data(base64Encoded: wire), data.starts(with: foreignMark.utf8) else {
            return geminiMark + wire
        }
        return String(decoding: data.dropFirst(foreignMark.utf8.count), as: UTF8.self)
    }

    /// A signature for Gemini; nil if it is not Gemini's own.
    static func toGemini(_ signature: String) -> String? {
        isGemini(signature) ? String(signature.dropFirst(geminiMark.count)) : nil
    }

    /// A signature for a client of Gemini's format, where it must be base64.
    static func toGeminiClient(_ signature: String) -> String {
        toGemini(signature) ?? Data((foreignMark + signature).utf8).base64EncodedString()
    }
}
