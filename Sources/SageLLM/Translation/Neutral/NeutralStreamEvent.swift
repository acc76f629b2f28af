/// What an event of a chat stream tells, in no provider's words.
///
/// The events of one choice come in the order in which its parts are; fragments belong to the part that was begun last.
package enum NeutralStreamEvent: Sendable, Hashable {
    /// The stream begins.
    case start(id: String, model: String)
    case text(String, choice: Int)
    case thinking(String, choice: Int)
    /// The signature of the thinking that came last.
    case thinkingSignature(String, choice: Int)
    case redactedThinking(String, choice: Int)
    case refusal(String, choice: Int)
    /// A tool call begins; `index` counts the calls of the choice.
    case toolCallStart(id: String, name: String, index: Int, choice: Int)
    /// A fragment of the JSON text of a call's arguments.
    case toolCallArguments(String, index: Int, choice: Int)
    /// What the provider wants back with a call (Gemini's thought signature).
    case toolCallSignature(String, index: Int, choice: Int)
    case finish(NeutralStopReason, stopSequence: String?, choice: Int)
    /// The token counts so far; later ones replace earlier ones, member by member.
    case usage(TokenCounts)
}
