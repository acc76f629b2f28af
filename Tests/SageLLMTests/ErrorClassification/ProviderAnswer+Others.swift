import SageResilience

extension ProviderAnswer {
    static let anthropic: [ProviderAnswer] = [
        ProviderAnswer("Anthropic", 400, anthropic("invalid_request_error", "max_tokens: required"), .permanent),
        ProviderAnswer(
            "Anthropic", 400, anthropic("invalid_request_error", "prompt is too long: 212000 tokens > 200000 maximum"),
            .contextWindow),
        ProviderAnswer(
            "Anthropic", 400,
            anthropic("invalid_request_error", "You have reached your specified API usage limits."), .quotaExhausted),
        ProviderAnswer(
            "Anthropic", 400, anthropic("invalid_request_error", "Output blocked by content filtering policy"),
            .contentPolicy),
        ProviderAnswer("Anthropic", 401, anthropic("authentication_error", "invalid x-api-key"), .authentication),
        ProviderAnswer("Anthropic", 402, anthropic("billing_error", "Billing"), .quotaExhausted),
        ProviderAnswer("Anthropic", 403, anthropic("permission_error", "No permission"), .authentication),
        ProviderAnswer("Anthropic", 404, anthropic("not_found_error", "model: x"), .permanent),
        ProviderAnswer("Anthropic", 409, anthropic("conflict_error", "Conflict"), .transient),
        ProviderAnswer("Anthropic", 413, anthropic("request_too_large", "Over 32 MB"), .permanent),
        ProviderAnswer("Anthropic", 422, anthropic("invalid_request_error", "Unprocessable"), .permanent),
        ProviderAnswer(
            "Anthropic", 429, anthropic("rate_limit_error", "Number of request tokens exceeded your rate limit"),
            headers: ["retry-after": "12", "request-id": "req_01"], .rateLimited, hint: .wait(.seconds(12))),
        ProviderAnswer(
            "Anthropic", 429,
            anthropic(
                "rate_limit_error", "Limit", details: #"{"error_code":"enforced_spend_limit_reached"}"#),
            .quotaExhausted),
        ProviderAnswer("Anthropic", 500, anthropic("api_error", "Internal server error"), .transient),
        ProviderAnswer("Anthropic", 504, anthropic("timeout_error", "Timed out"), .timeout),
        ProviderAnswer("Anthropic", 529, anthropic("overloaded_error", "Overloaded"), .overloaded),
    ]

    static let gemini: [ProviderAnswer] = [
        ProviderAnswer("Gemini", 400, gemini(400, "INVALID_ARGUMENT", "Invalid value"), .permanent),
        ProviderAnswer(
            "Gemini", 400,
            gemini(
                400, "INVALID_ARGUMENT",
                "The input token count (2) exceeds the maximum number of tokens allowed (1)."), .contextWindow),
        ProviderAnswer(
            "Gemini", 400,
            gemini(
                400, "INVALID_ARGUMENT", "API key not valid.",
                details: #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}"#),
            .authentication),
        ProviderAnswer("Gemini", 400, gemini(400, "FAILED_PRECONDITION", "Location"), .permanent),
        ProviderAnswer("Gemini", 402, gemini(402, "X", "Prepayment credits are depleted"), .quotaExhausted),
        ProviderAnswer("Gemini", 403, gemini(403, "PERMISSION_DENIED", "No"), .authentication),
        ProviderAnswer("Gemini", 404, gemini(404, "NOT_FOUND", "models/x is not found"), .permanent),
        ProviderAnswer(
            "Gemini per minute", 429,
            gemini(
                429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing.",
                details: geminiQuota("GenerateRequestsPerMinutePerProjectPerModel") + "," + geminiRetry("46s")),
            .rateLimited, hint: .wait(.seconds(46))),
        ProviderAnswer(
            "Gemini per day", 429,
            gemini(
                429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.",
                details: geminiQuota("GenerateRequestsPerDayPerProjectPerModel-FreeTier") + "," + geminiRetry("46s")),
            .quotaExhausted, hint: .wait(.seconds(46))),
        ProviderAnswer(
            "Gemini limit 0", 429,
            gemini(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: free_tier_requests, limit: 0, model: x"),
            .quotaExhausted),
        ProviderAnswer(
            "Gemini limit 0.5", 429, gemini(429, "RESOURCE_EXHAUSTED", "Quota exceeded, limit: 0.5"), .rateLimited),
        ProviderAnswer(
            "Gemini spend limit", 429, gemini(429, "RESOURCE_EXHAUSTED", "Your spend limit was reached"),
            .quotaExhausted),
        ProviderAnswer(
            "Gemini compatible", 429,
            "[" + gemini(429, "RESOURCE_EXHAUSTED", "Quota", details: geminiRetry("2.5s")) + "]", .rateLimited,
            hint: .wait(.milliseconds(2_500))),
        ProviderAnswer(
            "Gemini compatible, per day", 429,
            "[" + gemini(429, "RESOURCE_EXHAUSTED", "Quota", details: geminiQuota("RequestsPerDay")) + "]",
            .quotaExhausted),
        ProviderAnswer(
            "Gemini compatible", 400,
            "["
                + gemini(
                    400, "INVALID_ARGUMENT",
                    "The input token count (9) exceeds the maximum number of tokens allowed (8).") + "]",
            .contextWindow),
        ProviderAnswer("Gemini compatible", 503, "[" + gemini(503, "UNAVAILABLE", "Overloaded") + "]", .overloaded),
        ProviderAnswer(
            "Gemini spend limit in 10 minutes", 429,
            gemini(
                429, "RESOURCE_EXHAUSTED", "Project exceeded its spending limit", details: geminiRetry("600s")),
            .quotaExhausted, hint: .wait(.seconds(600))),
        ProviderAnswer("Gemini", 401, gemini(401, "UNAUTHENTICATED", "No key"), .authentication),
        ProviderAnswer("Gemini", 500, gemini(500, "INTERNAL", "Internal"), .transient),
        ProviderAnswer("Gemini", 503, gemini(503, "UNAVAILABLE", "The model is overloaded."), .overloaded),
        ProviderAnswer("Gemini", 504, gemini(504, "DEADLINE_EXCEEDED", "Too slow"), .timeout),
    ]

    /// Errors inside a successful answer.
    static let inStream: [ProviderAnswer] = [
        ProviderAnswer("OpenAI", nil, openAI("The server had an error", type: "server_error"), .transient),
        ProviderAnswer("OpenAI", nil, openAI("x", type: "y", code: "rate_limit_exceeded"), .rateLimited),
        ProviderAnswer("OpenAI", nil, openAI("x", code: "context_length_exceeded"), .contextWindow),
        ProviderAnswer("OpenAI", nil, openAI("maximum context length is 8 tokens"), .contextWindow),
        ProviderAnswer("Anthropic", nil, anthropic("overloaded_error", "Overloaded"), .overloaded),
        ProviderAnswer("Anthropic", nil, anthropic("api_error", "Internal server error"), .transient),
        ProviderAnswer("Anthropic", nil, anthropic("timeout_error", "x"), .timeout),
        ProviderAnswer(
            "Gemini", nil, #"{"error":{"message":"x","status":"RESOURCE_EXHAUSTED"}}"#, .rateLimited),
        ProviderAnswer("Gemini", nil, gemini(503, "UNAVAILABLE", "x"), .overloaded),
        ProviderAnswer("Gemini in an array", nil, "[" + gemini(500, "INTERNAL", "x") + "]", .transient),
        ProviderAnswer(
            "Gemini per day", nil, gemini(429, "RESOURCE_EXHAUSTED", "x", details: geminiQuota("TokensPerDay")),
            .quotaExhausted),
        ProviderAnswer(
            "Gemini per minute", nil, gemini(429, "RESOURCE_EXHAUSTED", "x", details: geminiRetry("3s")), .rateLimited,
            hint: .wait(.seconds(3))),
        ProviderAnswer(
            "Gemini blocked prompt", 200, #"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}"#, .contentPolicy),
        ProviderAnswer(
            "Gemini blocked answer", nil, #"{"candidates":[{"finishReason":"SAFETY"}]}"#, .contentPolicy),
        ProviderAnswer(
            "Gemini malformed call", nil, #"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#, .unknown),
        ProviderAnswer(
            "Responses", nil, #"{"type":"response.failed","response":{"error":{"code":"server_error","message":"x"}}}"#,
            .transient),
        ProviderAnswer(
            "Responses", nil, #"{"type":"error","code":"rate_limit_exceeded","message":"x"}"#, .rateLimited),
        ProviderAnswer("vLLM", nil, #"{"object":"error","message":"x","type":"InternalServerError"}"#, .transient),
        ProviderAnswer("vLLM", nil, #"{"error":{"object":"error","message":"x","code":400}}"#, .permanent),
        ProviderAnswer("OpenRouter", 200, #"{"error":{"code":502,"message":"Provider disconnected"}}"#, .transient),
        ProviderAnswer("OpenRouter", 200, #"{"error":{"code":429,"message":"x"}}"#, .rateLimited),
        ProviderAnswer("Ollama", 200, #"{"error":"model requires more system memory"}"#, .unknown),
        ProviderAnswer("Ollama", 200, #"{"error":"an error: 503 service unavailable"}"#, .overloaded),
        ProviderAnswer("text", nil, "connection reset by peer", .transient),
        ProviderAnswer("text", nil, "prompt is too long", .contextWindow),
        ProviderAnswer("nothing", nil, "", .unknown),
    ]

    /// Statuses that explain nothing.
    static let bare: [ProviderAnswer] = [
        (100, ErrorClass.unknown), (0, .unknown), (999, .unknown), (-1, .unknown), (301, .permanent),
        (304, .permanent), (307, .permanent), (400, .permanent), (401, .authentication), (402, .quotaExhausted),
        (403, .authentication), (404, .permanent), (405, .permanent), (408, .transient), (409, .transient),
        (413, .permanent), (415, .permanent), (418, .permanent), (422, .permanent), (424, .permanent),
        (429, .rateLimited), (431, .permanent), (451, .permanent), (498, .overloaded), (499, .permanent),
        (500, .transient), (501, .permanent), (502, .transient), (503, .overloaded), (504, .timeout),
        (520, .transient), (524, .transient), (529, .overloaded), (599, .transient),
    ].map { ProviderAnswer("bare", $0.0, "", $0.1) }
}
