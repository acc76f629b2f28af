import SageSessions
import SageStorage
import Testing

struct SelectionTests {
    private static let ids = [
        "a", "key:", "key:/", "key:/key:a", "key:one/", "key:one/a", "key:one/b/c", "key:one", "key:on/a", "key:ONE/a",
        "key:one\u{301}/a", "key:on\u{e9}/a", "key:one'/a", "key:%/a", "key:_ne/a", "KEY:one/a", "/", "/a", "a/b",
        "é/x",
        "e\u{301}/x",
    ]

    private static let selections: [SessionSelection] = [
        .all, .space("key:one/"), .space("key:/"), .space("key:ONE/"), .space("key:one'/"), .space("key:%/"),
        .space("nothing/"), .space(""), .space("/"), .space("é/"), .outside(prefix: "key:"),
        .outside(prefix: "key:", except: "key:/"), .outside(prefix: "key:one/", except: "key:/"),
        .outside(prefix: "a", except: ""), .outside(prefix: "%"), .outside(prefix: "é"),
    ]

    @Test(arguments: Backend.available)
    func aListShowsWhatWasSelectedInFullPages(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for id in Self.ids { try await store.exchange(id) }
            for selection in Self.selections {
                let expected = Self.ids.reversed().filter(selection.contains).map { Array($0.utf8) }
                var found: [[UInt8]] = []
                var cursor: String?
                repeat {
                    let page = try await store.list(selection, state: .idle, cursor: cursor, limit: 2)
                    #expect(page.sessions.count == 2 || page.nextCursor == nil)
                    found += page.sessions.map { Array($0.id.utf8) }
                    cursor = page.nextCursor
                } while cursor != nil
                #expect(found == expected, "\(selection)")
            }
        }
    }

    @Test
    func whatBelongsToASelectionIsJudgedByBytes() {
        func selected(_ selection: SessionSelection) -> [String] { Self.ids.filter(selection.contains) }
        #expect(selected(.all) == Self.ids)
        #expect(selected(.space("key:one/")) == ["key:one/", "key:one/a", "key:one/b/c"])
        #expect(selected(.space("")) == ["a", "key:", "key:one"])
        #expect(selected(.space("é/")).map { Array($0.utf8) } == [Array("é/x".utf8)])
        #expect(
            selected(.outside(prefix: "key:", except: "key:/")).prefix(5) == [
                "a", "key:/", "key:/key:a", "KEY:one/a", "/",
            ])
    }

    @Test(arguments: [
        SessionSelection.space("key:one"), .space("a/b/"), .space("a\0/"), .outside(prefix: ""),
        .outside(prefix: "a\0"), .outside(prefix: "a", except: "b"),
    ])
    func whatCannotBeSelectedIsRefused(selection: SessionSelection) async throws {
        try await Bench.run(.sqliteMemory) { bench in
            let store = try bench.store()
            let error = await #expect(throws: SessionError.self) { try await store.list(selection) }
            guard case .invalidValue = error else { throw Unexpected(what: "\(String(describing: error))") }
        }
    }

    @Test(arguments: Backend.available)
    func theSpaceOfAnIDIsFoundByAnIndex(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let plan = try await bench.database.read { session in
                if session.dialect == .postgres {
                    // A table of a few rows is read as a whole, whatever indexes it has.
                    try session.execute("SET LOCAL enable_seqscan = off")
                }
                let explain = session.dialect == .postgres ? "EXPLAIN" : "EXPLAIN QUERY PLAN"
                let space = session.dialect == .postgres ? "left(id, strpos(id, '/'))" : "substr(id, 1, instr(id, '/'))"
                return try session.fetch(
                    "\(explain) SELECT num FROM sage_sessions WHERE num < 9 AND \(space) = 'a/' ORDER BY num DESC LIMIT 2"
                )
            }
            let text = plan.flatMap(\.values).compactMap(\.text).joined(separator: "\n")
            #expect(text.contains("sage_sessions_space"))
            #expect(!text.lowercased().contains("temp b-tree") && !text.contains("Sort"))
        }
    }
}
