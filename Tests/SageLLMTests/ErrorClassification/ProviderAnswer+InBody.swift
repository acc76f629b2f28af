import SageResilience

extension ProviderAnswer {
    /// Errors that arrive after a status of 200: as the body of the answer, or as an event of its stream.
    static let inBody: [ProviderAnswer] = [
        ProviderAnswer(
            "OpenAI", nil, openAI("x", type: "service_unavailable_error", code: "server_is_overloaded"), .overloaded),
        ProviderAnswer(
            "OpenAI", nil, openAI("x", type: "insufficient_quota", code: "insufficient_quota"), .quotaExhausted),
        ProviderAnswer("OpenAI", nil, openAI("x", code: "content_policy_violation"), .contentPolicy),
        ProviderAnswer("OpenAI", nil, openAI("x", code: "invalid_api_key"), .authentication),
        ProviderAnswer("OpenAI", nil, openAI("x"), .permanent),

        ProviderAnswer("Anthropic", nil, anthropic("rate_limit_error", "x"), .rateLimited),
        ProviderAnswer("Anthropic", nil, anthropic("billing_error", "x"), .quotaExhausted),
        ProviderAnswer(
            "Anthropic", nil,
            anthropic("rate_limit_error", "x", details: #"{"error_code":"enforced_spend_limit_reached"}"#),
            .quotaExhausted),
        ProviderAnswer("Anthropic", nil, anthropic("authentication_error", "x"), .authentication),
        ProviderAnswer("Anthropic", nil, anthropic("permission_error", "x"), .authentication),
        ProviderAnswer("Anthropic", nil, anthropic("invalid_request_error", "x"), .permanent),
        ProviderAnswer(
            "Anthropic", nil, anthropic("invalid_request_error", "prompt is too long: 2 tokens > 1 maximum"),
            .contextWindow),
        ProviderAnswer(
            "Anthropic", nil, anthropic("invalid_request_error", "Output blocked by content filtering policy"),
            .contentPolicy),
        ProviderAnswer("Anthropic", nil, anthropic("conflict_error", "x"), .transient),
        ProviderAnswer("Anthropic", nil, anthropic("request_too_large", "x"), .permanent),

        ProviderAnswer(
            "Azure", nil, #"{"error":{"code":"content_filter","message":"The response was filtered"}}"#, .contentPolicy),
        ProviderAnswer("Azure", nil, #"{"error":{"code":"429","message":"Too many requests"}}"#, .rateLimited),
        ProviderAnswer("Azure", nil, #"{"error":{"code":"500","message":"Internal"}}"#, .transient),

        ProviderAnswer("DeepSeek", nil, openAI("Content Exists Risk"), .contentPolicy),
        ProviderAnswer("DeepSeek", nil, openAI("Insufficient Balance", type: "unknown_error"), .quotaExhausted),
        ProviderAnswer("Groq", nil, openAI("x", type: "x", code: "capacity_exceeded"), .overloaded),
        ProviderAnswer("Groq", nil, openAI("x", type: "tokens", code: "rate_limit_exceeded"), .rateLimited),

        ProviderAnswer(
            "SiliconFlow", nil, #"{"code":50505,"message":"Please try again.","data":null}"#, .overloaded),
        ProviderAnswer(
            "SiliconFlow", nil, #"{"code":50603,"message":"Details:TPM limit reached.","data":null}"#, .rateLimited),
        ProviderAnswer(
            "SiliconFlow", nil, #"{"code":50603,"message":"Details:RPD limit reached.","data":null}"#, .quotaExhausted),
        ProviderAnswer(
            "SiliconFlow", nil, #"{"code":30001,"message":"Sorry.","data":null}"#, .quotaExhausted),
        ProviderAnswer("SiliconFlow", nil, #"{"code":20012,"message":"No model.","data":null}"#, .permanent),
        ProviderAnswer(
            "SiliconFlow", nil,
            #"{"code":20015,"message":"length of prompt_tokens (9) must be less than max_seq_len (8)","data":null}"#,
            .contextWindow),

        ProviderAnswer(
            "llama.cpp", nil, #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            .overloaded),
        ProviderAnswer(
            "llama.cpp", nil, #"{"error":{"code":400,"message":"x","type":"exceed_context_size_error"}}"#,
            .contextWindow),
        ProviderAnswer("llama.cpp", nil, #"{"error":{"code":500,"message":"x","type":"server_error"}}"#, .transient),

        ProviderAnswer(
            "vLLM", nil,
            #"{"error":{"message":"This model's maximum context length is 8 tokens.","type":"BadRequestError","code":400}}"#,
            .contextWindow),
        ProviderAnswer(
            "vLLM", nil, #"{"error":{"message":"EngineCore died","type":"InternalServerError","code":500}}"#, .transient
        ),
        ProviderAnswer(
            "sglang", nil, #"{"object":"error","message":"x","type":"BadRequestError","code":400}"#, .permanent),

        ProviderAnswer("OpenRouter", nil, #"{"error":{"code":402,"message":"More credits"}}"#, .quotaExhausted),
        ProviderAnswer(
            "OpenRouter in-flight budget", nil,
            #"{"error":{"code":402,"message":"Busy","metadata":{"limit_source":"openrouter_in_flight_budget"}}}"#,
            .rateLimited),
        ProviderAnswer(
            "OpenRouter moderation", nil, #"{"error":{"code":403,"message":"x","metadata":{"flagged_input":"abc"}}}"#,
            .contentPolicy),
        ProviderAnswer("OpenRouter", nil, #"{"error":{"code":408,"message":"x"}}"#, .transient),
        ProviderAnswer("OpenRouter", nil, #"{"error":{"code":503,"message":"x"}}"#, .overloaded),
        ProviderAnswer("OpenRouter", nil, #"{"error":{"code":"server_error","message":"x"}}"#, .transient),

        ProviderAnswer(
            "Ollama", nil, #"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#,
            .overloaded),
        ProviderAnswer("Ollama", nil, openAI("llama runner process has terminated", type: "api_error"), .transient),
    ]

    /// What the tables of the single providers lack of the errors with a status.
    static let furtherStatuses: [ProviderAnswer] = [
        ProviderAnswer(
            "OpenAI slow down with a hint", 429, openAI("Slow down.", code: "slow_down"),
            headers: ["retry-after": "20"], .rateLimited, hint: .wait(.seconds(20))),
        ProviderAnswer(
            "Anthropic with both reset and wait", 429, anthropic("rate_limit_error", "x"),
            headers: [
                "retry-after": "3", "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "1970-01-01T00:00:30Z",
            ], .rateLimited, hint: .wait(.seconds(3))),
        ProviderAnswer("Anthropic, before anything was read", 529, "", .overloaded),
        ProviderAnswer("Anthropic behind a proxy", 502, "<html><title>502 Bad Gateway</title></html>", .transient),
        ProviderAnswer(
            "Azure", 429, #"{"error":{"code":"429","message":"Slow"}}"#, headers: ["retry-after-ms": "700"],
            .rateLimited, hint: .wait(.milliseconds(700))),
        ProviderAnswer("Azure", 503, #"{"error":{"code":"503","message":"x"}}"#, .overloaded),
        ProviderAnswer(
            "SiliconFlow tokens per day", 429,
            #"{"code":50603,"message":"Rejected. Details:TPD limit reached.","data":null}"#, .quotaExhausted),
        ProviderAnswer("SiliconFlow text", 503, "System is really busy. Please try again later.", .overloaded),
        ProviderAnswer("Ollama compatible", 503, openAI("server busy", type: "api_error"), .overloaded),
        ProviderAnswer("Ollama compatible", 500, openAI("an error", type: "api_error"), .transient),
        ProviderAnswer("Ollama compatible", 400, openAI("invalid", type: "invalid_request_error"), .permanent),
        ProviderAnswer(
            "vLLM", 503, #"{"object":"error","message":"x","type":"ServiceUnavailableError","code":503}"#, .overloaded),
        ProviderAnswer(
            "llama.cpp", 401, #"{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}"#,
            .authentication),
    ]
}
