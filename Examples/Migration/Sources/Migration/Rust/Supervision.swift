import SageResilience

actor Agent {
    private var runs = 0

    func execute(_ task: String) throws -> String {
        runs += 1
        if runs == 1 { throw LLMError.serverError }
        return "\(task): done in run \(runs)"
    }
}

func supervision() async throws {
    let agent = Agent()
    let task = "research"

    // snippet: supervisor
    let supervisor = TaskSupervisor(
        "agents",
        try SupervisionPolicy(
            intensity: RestartIntensity(maxRestarts: 3, within: .seconds(60)),
            backoff: .exponential(initialDelay: .seconds(1), maxDelay: .seconds(30), jitter: .equal),
            onExcess: .stop))
    // end snippet

    // snippet: supervise
    let outcome = try await supervisor.supervise("agent-execution") {
        try await agent.execute(task)
    }
    // end snippet
    try expect(outcome == "research: done in run 2", "the agent was started again")
}
