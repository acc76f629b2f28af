@MainActor
class Base {
    func cached() async throws -> [Hit] { [] }
}
