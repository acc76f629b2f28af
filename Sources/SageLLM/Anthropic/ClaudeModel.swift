/// What the name of a model tells about the requests that it takes.
///
/// Anthropic's models of version 4.6 and later think adaptively, those before by a budget, and from version 4.7 on
/// they refuse a budget and every sampling parameter. Past versions do not change, so only the first version of a rule
/// is written here. A name that is none of Claude's, or has no version, follows the older rules, which are those of
/// services that imitate Anthropic's format.
struct ClaudeModel: Sendable, Hashable {
    private var major = 0
    private var minor = 0

    /// - Parameter name: A provider's name of a model, for example `claude-sonnet-4-5-20250929`.
    init(_ name: String) {
        guard name.utf8.count <= 256, name.lowercased().contains("claude") else { return }
        var numbers: [Int] = []
        for part in name.split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber)) }) {
            // Dates have more digits, and a version of Bedrock (`v1:0`) stands behind the model's.
            guard part.count <= 2, let number = Int(part) else {
                if numbers.isEmpty { continue }
                break
            }
            numbers.append(number)
        }
        major = numbers.first ?? 0
        minor = numbers.dropFirst().first ?? 0
    }

    /// Whether the model chooses itself how much to think, guided by an effort.
    var thinksAdaptively: Bool { isAtLeast(4, 6) }

    /// Whether the model takes `temperature`, `top_p` and `top_k`, and lets its thinking be switched off.
    var isTunable: Bool { !isAtLeast(4, 7) }

    private func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        (self.major, self.minor) >= (major, minor)
    }
}
