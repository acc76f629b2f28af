import SageResilience
import SageStorage

/// What a writer does when its store fails: tells it, and goes on.
struct Endurance {
    /// Whether the store may fail: a server may, a file must not.
    let isAllowed: Bool

    /// Runs a step; a failure of the store is told, anything else ends the writer.
    func endure(_ step: () async throws -> Void) async throws {
        do {
            try await step()
        } catch let error as StorageError where isAllowed {
            try await pause("\(error.isOutcomeUnknown ? "unknown" : "failed") \(error.problem.rawValue)")
        } catch let error as any ResilienceRejection where isAllowed {
            try await pause("refused \(error.policyName)")
        }
    }

    private func pause(_ reason: String) async throws {
        Output.write("trouble \(reason)\n")
        // A real pause of a real program: without it a writer whose store is away writes nothing but these lines.
        try await Task.sleep(for: .milliseconds(20))
    }
}

extension StoragePolicies {
    /// Waits and breakers short enough for a server that is killed every other second.
    static var quick: StoragePolicies {
        func rule(attempts: Int) -> Rule {
            Rule(
                attempts: attempts, initialDelay: .milliseconds(20), maxDelay: .milliseconds(100),
                timeLimit: .seconds(5), failuresToOpen: 5, recovery: .milliseconds(100))
        }
        return StoragePolicies(connect: rule(attempts: 5), statements: rule(attempts: 3))
    }
}
