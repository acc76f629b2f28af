// What the examples of SageMacros leave out. It is type-checked and never run.
import SageMacros
import SageTesting
import Testing

struct Key: Sendable {}
struct Row: Sendable {}
struct Hit: Sendable {}
struct Turn: Sendable {}
struct Message: Sendable {}
struct Answer: Sendable {}
struct HTTPError: Error {}
struct RateLimitError: Error {}
struct TimeoutError: Error {}
enum ModelError: Error { case busy }

struct Connection: Sendable {
    func write(_ turn: Turn) async throws {}
}

struct Database: Sendable {
    func execute(_ query: String) async throws -> [Row] { [] }
}

let database = Database()
let query = ""
let registry: ResilienceRegistry = standIn()

enum Pipelines {
    static let search: ResiliencePipeline = standIn()
}
