import Testing

@testable import SageGateway

struct SessionScopeTests {
    private static func scopes() throws -> [SessionScope] {
        let keys = try ["a", "b"].map { name in
            try ClientKey(.init(name: name, hash: KeyDigest(key: name)), clock: ContinuousClock(), listener: nil)
        }
        return keys.map { SessionScope($0) } + [SessionScope(nil)]
    }

    @Test(arguments: ["s", "key:", "key:a/s", "key:/s", "key:/key:a/s", "/", "a/b", "e\u{301}", "é", "KEY:a/s"])
    func aNameLeadsBackToItsIDInItsOwnSpaceAlone(_ id: String) throws {
        let scopes = try Self.scopes()
        for (index, scope) in scopes.enumerated() {
            let stored = scope.stored(id)
            for (other, another) in scopes.enumerated() {
                let shown = another.shown(stored)
                #expect(shown.map { Array($0.utf8) } == (index == other ? Array(id.utf8) : nil))
            }
            #expect(SessionScope.everything.shown(stored) == stored)
        }
    }

    @Test func noTwoIDsHaveOneName() throws {
        let ids = ["s", "key:", "key:a/s", "key:/s", "key:/key:a/s", "key:b/s", "b/s", "/s"]
        let names = try Self.scopes().flatMap { scope in ids.map { Array(scope.stored($0).utf8) } }
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: ["s", "key:", "key:a/s", "/", "a/b", "é"])
    func anOperatorFindsWhoseAnIDIs(_ id: String) throws {
        for scope in try Self.scopes() {
            #expect(scope.owner(of: id) == (scope, id))
            let owner = SessionScope.everything.owner(of: scope.stored(id))
            #expect(owner.id == id)
            #expect(owner.scope.stored(id) == scope.stored(id))
        }
    }
}
