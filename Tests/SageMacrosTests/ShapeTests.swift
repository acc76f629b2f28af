import SageMacros
import SageTesting
import Synchronization
import Testing

struct ShapeTests {
    @Test func bodiesInAnActorUseItsState() async throws {
        try await withRegistry { (registry) async throws in
            let store = Store()
            #expect(try await store.save(failing: 2) == 3)
            #expect(try await store.timed() == 5)
            #expect(try await store.timedTwice(failing: 6) == 7)
            #expect(try await store.hedged() == 8)
            try registry.pipelines.register(
                "store", ResiliencePipeline("store") { try TimeLimiter(.seconds(5), clock: TestClock()) })
            try registry.inTaskPipelines.register("store", InTaskResiliencePipeline("store") {})
            #expect(try await store.resilient() == 9)
            var box = 0
            #expect(try await store.resilientInTask(&box) == 10)
            #expect(box == 1)
            #expect(try await store.load("a") == "a at 1")
            #expect(await store.calls == 110)
            #expect(try await withIsolatedParameter(store) == 110)
            #expect(try await store.loadFromAnywhere("b", depth: 2) == "b of the archive")
            #expect(try await store.resilientByConstant() == 111)
        }
    }

    @Test func aMutatingMethodChangesSelfAndItsParameters() async throws {
        try await withRegistry { (_) async throws in
            var journal = try await Journal.open("a")
            var lines: [String] = []
            try await journal.append("x", to: &lines)
            #expect(journal.count == 2)
            #expect(lines == ["x"])
            #expect(try await journal.tuple() == (2, "page"))
            #expect(try await Array(journal.opaque()) == ["x"])
            #expect(try await Array(journal.opaqueInSteps()) == ["X"])
            #expect(try await journal.first() == "x")
            #expect(try await Journal().first() == nil)
        }
    }

    @Test func bodiesInClassesAndProtocolsKeepTheirResult() async throws {
        try await withRegistry { (_) async throws in
            let service = Service()
            #expect(try await service.call() === service)
            #expect(service.calls.withLock { $0 } == 2)
            #expect(try await service.branch(true) == "yes")
            #expect(try await Derived().load() == 2)
            #expect(try await Derived().byType(1) == 41)
            #expect(try await Derived().bySelf(2) == 42)
            #expect(try await Derived().byName(3) == 43)
            let loader: any Loading = Loader()
            #expect(try await loader.load() == 7)
        }
    }

    @Test func genericFunctionsAndTypesShareOnePipeline() async throws {
        try await withRegistry { (registry) async throws in
            var cache = Cache<String, Int>()
            try await cache.set(1, for: "a")
            let (value, other) = try await cache.value(for: "a", or: [1.5])
            #expect(value == 1)
            #expect(other == [1.5])
            #expect(try await cache.count() == 1)
            #expect(try await Cache<Int, String>().value(for: 1, or: 2).1 == 2)
            #expect(try await identity("a") == "a")
            #expect(try await identity(2) == 2)
            #expect(try await sendableIdentity(3) == 3)
            #expect(
                registry.decoratedFunctions.map(\.name) == [
                    "Cache.count()", "Cache.set(_:for:)", "Cache.value(for:or:)", "identity(_:)",
                    "sendableIdentity(_:)",
                ])
        }
    }

    @Test func bodiesOnTheMainActorStayThere() async throws {
        try await withRegistry { (_) async throws in
            let screen = await Screen.make()
            try await screen.show("a")
            #expect(try await screen.showInTime("b") == "ab")
            #expect(try await onMainActor())
        }
    }

    @Test func overloadsHaveTheirOwnPolicies() async throws {
        try await withRegistry { (registry) async throws in
            _ = try await overloaded("a")
            _ = try await overloaded(1)
            #expect(registry.decoratedFunctions.map(\.name) == ["overloaded(_:)", "overloaded(_:)"])
            #expect(Set(registry.decoratedFunctions.map(\.location)).count == 2)
            #expect(registry.decoratedFunctions[0].location.hasPrefix("SageMacrosTests/Shapes.swift:"))
        }
    }

    @Test func attributesMayNameTheirModule() async throws {
        try await withRegistry { (registry) async throws in
            try await qualified()
            #expect(registry.circuitBreakers.names == ["qualified"])
            #expect(registry.decoratedFunctions.first?.policies.contains("retry") == true)
        }
    }

    @Test func theBodyIsNotChanged() async throws {
        try await withRegistry { (_) async throws in
            #expect(try await verbatim() == ["two\n  lines", "verbatim()"])
        }
    }
}
