/// What providers write where they have no code for it, in the folded form of ``FoldedText``.
///
/// Consulted only for statuses that leave the kind open: a 400 that may be a prompt too long, a 429 that may be an
/// empty account.
enum ProviderErrorPhrases {
    static let contextWindow = [
        "maximum context length",  // OpenAI, vLLM, DeepSeek, Groq
        "context length exceeded",
        "exceeds the context window",  // OpenAI Responses
        "exceeds the context length",  // Ollama
        "exceed context limit",  // Anthropic, input and max_tokens together
        "prompt is too long",  // Anthropic
        "input is too long",
        "exceeds the maximum number of tokens allowed",  // Gemini
        "must be less than max seq len",  // SiliconFlow
        "exceeds the available context size",  // llama.cpp
        "longer than the model's context length",  // sglang
        "longer than the maximum model length",  // vLLM
        "maximum prompt length",
    ]

    static let contentPolicy = [
        "content filter", "content filtering policy",  // Anthropic
        "content management policy",  // Azure
        "content policy", "content exists risk",  // DeepSeek
        "safety system", "flagged as potentially violating",  // OpenAI
        "responsible ai policy",
    ]

    static let quotaExhausted = [
        "insufficient quota", "exceeded your current quota",  // OpenAI
        "insufficient balance", "balance is insufficient", "balance insufficient",  // DeepSeek, SiliconFlow
        "credit balance is too low", "specified api usage limits",  // Anthropic
        "insufficient credits", "not enough credits", "insufficient funds",
        "prepayment credits",  // Gemini
        "spend limit", "spending limit", "spending cap", "monthly limit", "monthly quota",
        "out of call volume quota",  // Azure
        "quota exhausted",
    ]

    /// Quotas of a day, where RPD, TPD and IPD stand for requests, tokens and images per day.
    static let dailyQuota = [
        "per day", "rpd", "tpd", "ipd", "daily limit", "daily quota", "daily request limit", "daily token limit",
    ]

    /// Gemini's way to say that the plan does not include the model at all.
    static func statesLimitOfZero(_ text: FoldedText) -> Bool {
        guard let end = text.end(of: "limit: 0", from: 0) else { return false }
        // "limit: 0.5" is not zero.
        return !text.bytes[end...].starts(with: ".".utf8) || end + 1 == text.bytes.count
            || !ErrorText.isDigit(text.bytes[end + 1])
    }
}
