/// The formats in which conversations come and go.
public enum ConversationFormat: String, Sendable, Hashable, CaseIterable {
    /// Everything that the log has, a line for each entry; comes back without loss.
    case sage
    /// A snapshot: `session_id`, `saved_at`, `message_count`, `messages`, `extra`, `interrupted`, `interrupted_at`.
    case snapshot
    /// Messages of OpenAI's Chat Completions: an array of them, or a request.
    case openai
    /// Messages of Anthropic's Messages: an array of them, or a request.
    case anthropic
    /// The lines that Claude Code writes; read only, as far as they are understood.
    case claude

    /// Guesses the format of a file from its beginning; nil if it is none of them.
    ///
    /// - Parameter bytes: The file.
    public static func detect(_ bytes: [UInt8]) -> ConversationFormat? {
        if let line = bytes.split(separator: 0x0A, maxSplits: 1).first, let head = try? JSONNode(parsing: Array(line)) {
            if head["format"]?.stringValue == SageLog.name { return .sage }
            if head["uuid"] != nil || head["parentUuid"] != nil || head["type"]?.stringValue == "summary" {
                return .claude
            }
        }
        var reader = JSONReader(bytes, limits: JSONLimits(maximumBytes: .max), nullsNotFinite: true)
        guard let node = try? reader.read() else { return nil }
        let snapshotKeys = ["session_id", "saved_at", "message_count", "interrupted_at"]
        if snapshotKeys.contains(where: { node[$0] != nil }) { return .snapshot }
        guard let messages = node.arrayValue ?? node["messages"]?.arrayValue else { return nil }
        if node["system"] != nil || messages.contains(where: { AnthropicMessages.hasOwnBlocks($0) }) {
            return .anthropic
        }
        return messages.allSatisfy { $0["role"] != nil } ? .openai : nil
    }
}
