// Runs what the migration notes show. An example that does not do what it claims ends the run with an error.
let topics: [(name: String, run: @Sendable () async throws -> Void)] = [
    ("circuit breakers", circuitBreakers),
    ("rate limiters", rateLimiters),
    ("retries", retries),
    ("combinations", combinations),
    ("supervision", supervision),
    ("measurements", measurements),
    ("fallbacks", fallbacks),
    ("health", health),
    ("presets", presets),
    ("decorators", decorators),
    ("functions that retry", retryFunctions),
    ("functions behind a breaker", breakerFunctions),
    ("a database connection", databaseConnection),
    ("a memory manager", memoryManager),
    ("a text generator", textGenerator),
    ("observation", observation),
    ("environments", environments),
    ("retries by hand", handWrittenRetries),
    ("a function that retries", retryFunction),
    ("retries of tenacity", tenacityRetries),
    ("scenarios", scenarios),
    ("best practices", bestPractices),
    ("classification", classification),
    ("the retry executor", retryExecutor),
]

// All at once: together they wait no longer than the longest of them.
try await withThrowingTaskGroup(of: Void.self) { group in
    for topic in topics {
        group.addTask {
            do {
                try await topic.run()
            } catch {
                throw Unexpected(description: "\(topic.name): \(error)")
            }
        }
    }
    try await group.waitForAll()
}
print("\(topics.count) topics of the migration notes do what they say.")
