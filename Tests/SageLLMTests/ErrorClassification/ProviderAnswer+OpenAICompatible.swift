import SageResilience

extension ProviderAnswer {
    static let openAI: [ProviderAnswer] = [
        ProviderAnswer("OpenAI", 400, openAI("Unknown parameter: 'x'.", code: "unknown_parameter"), .permanent),
        ProviderAnswer(
            "OpenAI", 400,
            openAI(
                "This model's maximum context length is 128000 tokens. However, your messages resulted in 1429 tokens.",
                code: "context_length_exceeded"), .contextWindow),
        ProviderAnswer(
            "OpenAI Responses", 400, openAI("Your input exceeds the context window of this model."), .contextWindow),
        ProviderAnswer(
            "OpenAI", 400, openAI("Rejected.", type: "image_generation_user_error", code: "content_policy_violation"),
            .contentPolicy),
        ProviderAnswer(
            "OpenAI", 401, openAI("Incorrect API key provided: sk-ab***yz.", code: "invalid_api_key"), .authentication),
        ProviderAnswer("OpenAI", 403, openAI("Country not supported.", type: "request_forbidden"), .authentication),
        ProviderAnswer("OpenAI", 404, openAI("The model `x` does not exist.", code: "model_not_found"), .permanent),
        ProviderAnswer("OpenAI", 408, openAI("Request timed out.", type: "timeout"), .transient),
        ProviderAnswer("OpenAI", 409, openAI("Resource is being updated."), .transient),
        ProviderAnswer("OpenAI", 413, openAI("Request too large."), .permanent),
        ProviderAnswer("OpenAI", 422, openAI("Cannot process."), .permanent),
        ProviderAnswer(
            "OpenAI", 429, openAI("Rate limit reached for requests.", type: "requests", code: "rate_limit_exceeded"),
            headers: ["retry-after-ms": "800", "retry-after": "1", "x-request-id": "req_1"], .rateLimited,
            hint: .wait(.milliseconds(800))),
        ProviderAnswer(
            "OpenAI tokens", 429, openAI("Rate limit reached.", type: "tokens", code: "rate_limit_exceeded"),
            headers: ["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"], .rateLimited,
            hint: .wait(.seconds(360))),
        ProviderAnswer(
            "OpenAI requests per day, soon free", 429,
            openAI(
                "Rate limit reached for gpt-4 on requests per day (RPD): Limit 200, Used 200. "
                    + "Please try again in 8.64s.", type: "requests", code: "rate_limit_exceeded"),
            .rateLimited, hint: .wait(.milliseconds(8_640))),
        ProviderAnswer(
            "OpenAI requests per day, much later", 429,
            openAI(
                "Rate limit reached on requests per day (RPD): Limit 200. Please try again in 7m12s.",
                type: "requests", code: "rate_limit_exceeded"), .quotaExhausted, hint: .wait(.seconds(432))),
        ProviderAnswer("OpenAI", 429, openAI("Slow down.", type: "slow_down", code: "slow_down"), .rateLimited),
        ProviderAnswer(
            "OpenAI", 429,
            openAI("You exceeded your current quota.", type: "insufficient_quota", code: "insufficient_quota"),
            headers: ["retry-after": "1"], .quotaExhausted, hint: .wait(.seconds(1))),
        ProviderAnswer(
            "OpenAI", 429, openAI("No credit.", type: "insufficient_quota", code: "credit_balance_exhausted"),
            .quotaExhausted),
        ProviderAnswer(
            "OpenAI", 429, openAI("Limit reached.", type: "x", code: "project_spend_limit_reached"), .quotaExhausted),
        ProviderAnswer("OpenAI", 500, openAI("The server had an error.", type: "server_error"), .transient),
        ProviderAnswer("OpenAI", 502, "<html><title>502 Bad Gateway</title></html>", .transient),
        ProviderAnswer(
            "OpenAI", 503,
            openAI("Overloaded.", type: "service_unavailable_error", code: "server_is_overloaded"), .overloaded),
        ProviderAnswer("OpenAI formerly", 503, openAI("Slow down.", type: "x", code: "slow_down"), .overloaded),
        ProviderAnswer("OpenAI", 504, "", .timeout),
        ProviderAnswer(
            "OpenAI", 500, openAI("No.", type: "server_error"), headers: ["x-should-retry": "false"], .transient,
            hint: .doNotRetry),
    ]

    static let azure: [ProviderAnswer] = [
        ProviderAnswer(
            "Azure", 400,
            #"""
            {"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter",
            "status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{}}}}
            """#, .contentPolicy),
        ProviderAnswer(
            "Azure, inner code alone", 400,
            #"{"error":{"code":"BadRequest","message":"x","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            .contentPolicy),
        ProviderAnswer(
            "Azure", 429, #"{"error":{"code":"429","message":"Please retry after 55 seconds."}}"#, .rateLimited,
            hint: .wait(.seconds(55))),
        ProviderAnswer(
            "Azure", 429, #"{"error":{"code":"429","message":"Exceeded call rate limit."}}"#,
            headers: ["x-ms-retry-after-ms": "1500", "retry-after": "2"], .rateLimited,
            hint: .wait(.milliseconds(1_500))),
        ProviderAnswer("Azure", 401, #"{"error":{"code":"401","message":"Access denied"}}"#, .authentication),
    ]

    static let openAILike: [ProviderAnswer] = [
        ProviderAnswer(
            "DeepSeek", 402, openAI("Insufficient Balance", type: "unknown_error", code: "invalid_request_error"),
            .quotaExhausted),
        ProviderAnswer("DeepSeek", 400, openAI("Content Exists Risk"), .contentPolicy),
        ProviderAnswer("DeepSeek", 422, openAI("Invalid parameters"), .permanent),
        ProviderAnswer("DeepSeek", 429, openAI("Rate limit reached", type: "x"), .rateLimited),
        ProviderAnswer("DeepSeek", 500, openAI("Server error", type: "x"), .transient),
        ProviderAnswer("DeepSeek", 503, openAI("Server overloaded", type: "x"), .overloaded),

        ProviderAnswer(
            "Groq", 429,
            openAI(
                "Rate limit reached on tokens per minute (TPM). Please try again in 5.289s.", type: "tokens",
                code: "rate_limit_exceeded"), headers: ["retry-after": "6"], .rateLimited, hint: .wait(.seconds(6))),
        ProviderAnswer(
            "Groq without headers", 429,
            openAI("Rate limit reached. Please try again in 5.289s.", type: "tokens", code: "rate_limit_exceeded"),
            .rateLimited, hint: .wait(.milliseconds(5_289))),
        ProviderAnswer("Groq", 498, openAI("Flex capacity", type: "x", code: "capacity_exceeded"), .overloaded),
        ProviderAnswer(
            "Groq, never small enough", 413,
            openAI("Request too large on TPM.", type: "tokens", code: "rate_limit_exceeded"), .permanent),
        ProviderAnswer("Groq", 422, openAI("Semantic error"), .permanent),
        ProviderAnswer("Groq", 424, openAI("Remote MCP failed"), .permanent),
        ProviderAnswer("Groq", 500, openAI("Internal", type: "internal_server_error"), .transient),
        ProviderAnswer("Groq", 502, openAI("Bad gateway", type: "internal_server_error"), .transient),
        ProviderAnswer("Groq", 503, openAI("Unavailable", type: "service_unavailable"), .overloaded),

        ProviderAnswer(
            "SiliconFlow", 400, #"{"code":20012,"message":"Model does not exist.","data":null}"#, .permanent),
        ProviderAnswer(
            "SiliconFlow", 400,
            #"{"code":20015,"message":"length of prompt_tokens (9) must be less than max_seq_len (8)","data":null}"#,
            .contextWindow),
        ProviderAnswer("SiliconFlow", 401, #""Invalid token""#, .authentication),
        ProviderAnswer(
            "SiliconFlow", 403, #"{"code":30003,"message":"Model disabled.","data":null}"#, .authentication),
        ProviderAnswer(
            "SiliconFlow", 403, #"{"code":30001,"message":"Your account balance is insufficient","data":null}"#,
            .quotaExhausted),
        ProviderAnswer("SiliconFlow", 404, "404 page not found", .permanent),
        ProviderAnswer(
            "SiliconFlow", 429, #"{"code":50603,"message":"Rejected. Details:RPM limit reached.","data":null}"#,
            .rateLimited),
        ProviderAnswer(
            "SiliconFlow", 429, #"{"code":50603,"message":"Rejected. Details:TPM limit reached.","data":null}"#,
            .rateLimited),
        ProviderAnswer(
            "SiliconFlow", 429, #"{"code":50603,"message":"Rejected. Details:RPD limit reached.","data":null}"#,
            .quotaExhausted),
        ProviderAnswer(
            "SiliconFlow", 503, #"{"code":50505,"message":"Model service overloaded.","data":null}"#, .overloaded),
        ProviderAnswer("SiliconFlow", 504, "Gateway Timeout", .timeout),

        ProviderAnswer("Ollama", 400, #"{"error":"missing request body"}"#, .permanent),
        ProviderAnswer("Ollama", 404, #"{"error":"model 'x' not found"}"#, .permanent),
        ProviderAnswer("Ollama", 499, #"{"error":"request cancelled"}"#, .permanent),
        ProviderAnswer("Ollama", 500, #"{"error":"llama runner process has terminated"}"#, .transient),
        ProviderAnswer(
            "Ollama", 503, #"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#,
            .overloaded),
        ProviderAnswer("Ollama", 404, openAI("model not found", type: "api_error"), .permanent),

        ProviderAnswer(
            "llama.cpp", 503, #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            .overloaded),
        ProviderAnswer(
            "llama.cpp", 400,
            #"""
            {"error":{"code":400,"message":"too large","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}
            """#, .contextWindow),
        ProviderAnswer(
            "llama.cpp", 501, #"{"error":{"code":501,"message":"No embeddings","type":"not_supported_error"}}"#,
            .permanent),

        ProviderAnswer(
            "vLLM", 400,
            #"""
            {"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError",
            "param":null,"code":400}
            """#, .contextWindow),
        ProviderAnswer(
            "vLLM", 404, #"{"object":"error","message":"No such model","type":"NotFoundError","code":404}"#, .permanent),

        ProviderAnswer("OpenRouter", 400, #"{"error":{"code":400,"message":"Bad params"}}"#, .permanent),
        ProviderAnswer("OpenRouter", 401, #"{"error":{"code":401,"message":"No auth"}}"#, .authentication),
        ProviderAnswer(
            "OpenRouter moderation", 403,
            #"{"error":{"code":403,"message":"x","metadata":{"reasons":["violence"],"flagged_input":"abc"}}}"#,
            .contentPolicy),
        ProviderAnswer("OpenRouter", 403, #"{"error":{"code":403,"message":"x"}}"#, .authentication),
        ProviderAnswer("OpenRouter", 402, #"{"error":{"code":402,"message":"More credits"}}"#, .quotaExhausted),
        ProviderAnswer(
            "OpenRouter in-flight budget", 402,
            #"""
            {"error":{"code":402,"message":"Busy","metadata":{"limit_source":"openrouter_in_flight_budget"}}}
            """#, headers: ["retry-after": "3"], .rateLimited, hint: .wait(.seconds(3))),
        ProviderAnswer("OpenRouter", 408, #"{"error":{"code":408,"message":"Timed out"}}"#, .transient),
        ProviderAnswer(
            "OpenRouter", 429, #"{"error":{"code":429,"message":"Slow"}}"#, headers: ["retry-after": "4"],
            .rateLimited, hint: .wait(.seconds(4))),
        ProviderAnswer("OpenRouter", 502, #"{"error":{"code":502,"message":"Model down"}}"#, .transient),
        ProviderAnswer(
            "OpenRouter", 503, #"{"error":{"code":503,"message":"No provider"}}"#, headers: ["retry-after": "5"],
            .overloaded, hint: .wait(.seconds(5))),
    ]
}
