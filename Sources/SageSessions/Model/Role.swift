/// Who says a message.
public enum Role: String, Sendable, Hashable, CaseIterable {
    /// Instructions; OpenAI's `developer` is one too.
    case system
    /// The person, or the program that stands for one.
    case user
    /// The model.
    case assistant
    /// The tools: a message that holds the results of calls.
    case tool
}
