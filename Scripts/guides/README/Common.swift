// What the examples of README.md leave out. It is type-checked and never run.
import SageResilience

struct Hit: Sendable {}

struct Index: Sendable {
    func search(_ query: String) async throws -> [Hit] { [] }
}

let index = Index()
let cache = Index()
let query = ""
