import SageResilience

func fallbacks() async throws {
    let claude = SimulatedClient("claude", failing: Array(repeating: LLMError.serverError, count: 3))
    let openAI = SimulatedClient("openai")

    // snippet: fallback
    let response = try await Fallback().execute {
        try await claude.chat(request)
    } fallback: { error in
        print("The primary failed, the other one answers: \(error)")
        return try await openAI.chat(request)
    }
    // end snippet
    try expect(response.text == "openai heard: hello", "the other model answers")

    // snippet: fallback-targets
    let result = try await Fallback().execute(over: [claude, openAI]) { model in
        try await model.chat(request)
    }
    print("model \(result.target) answered after \(result.errors.count) errors")
    // end snippet
    try expect(result.target == 1, "the second target answers")

    // snippet: fallback-pipeline
    let pipeline = ResiliencePipeline("claude") {
        Fallback()
        CircuitBreakerConfiguration.llm
    }
    let reply = try await pipeline.execute {
        try await claude.chat(request)
    } fallback: { _ in
        try await openAI.chat(request)
    }
    // end snippet
    try expect(reply == response, "the pipeline falls back")
}
