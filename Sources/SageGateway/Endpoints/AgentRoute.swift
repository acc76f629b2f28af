import HTTPTypes
import Hummingbird

/// The endpoints of conversations and memory, by the templates of their paths: what metrics and the access log name.
enum AgentRoute: String, CaseIterable, Sendable {
    case chat = "/chat"
    case sessions = "/sessions"
    case session = "/sessions/{id}"
    case resume = "/sessions/{id}/resume"
    case fork = "/sessions/{id}/fork"
    case repair = "/sessions/{id}/repair"
    case export = "/sessions/{id}/export"
    case importing = "/sessions/import"
    case memory = "/memory"
    case memoryItem = "/memory/{id}"
    case search = "/memory/search"
    case reindex = "/memory/reindex"

    /// The template of a path below `/sessions/` or `/memory/`, on which an id may look like a word.
    init(_ request: Request) {
        let parts = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let (area, rest) = (parts.first ?? "", parts.dropFirst().map(String.init))
        self =
            switch (area, request.method, rest.count, rest.last) {
            case ("memory", .get, 1, "search"), ("memory", .head, 1, "search"): .search
            case ("memory", .post, 1, "reindex"): .reindex
            case ("memory", _, _, _): .memoryItem
            case (_, .post, 1, "import"): .importing
            case (_, _, 2, "resume"): .resume
            case (_, _, 2, "fork"): .fork
            case (_, _, 2, "repair"): .repair
            case (_, _, 2, "export"): .export
            default: .session
            }
    }

    /// Whether a request leads to calls of models on behalf of its key.
    var asksModels: Bool { self == .chat || self == .resume }
}
