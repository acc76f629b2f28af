import SageResilience
import SageTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RegistryConcurrencyTests {
    /// Counts how many of it exist for each name, and uses its registry when it is asked and when it ends.
    private final class Policy: Evictable, Sendable {
        let name: String
        private let registry: Registry<Policy>
        private let isPinned: Bool

        init(_ name: String, _ registry: Registry<Policy>, isPinned: Bool) {
            self.name = name
            self.registry = registry
            self.isPinned = isPinned
        }

        deinit {
            // A deadlock if it happened under the lock.
            _ = registry.count
        }

        var isEvictable: Bool {
            _ = registry.count
            return !isPinned
        }
    }

    @Test func aPinnedPolicyIsOneForAllWhateverIsEvictedAround() async throws {
        let registry = try Registry<Policy>(capacity: 6)
        let pinned = try (0..<3).map { index in
            try registry.policy(named: "pinned \(index)") { Policy("pinned \(index)", registry, isPinned: true) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<6 as Range<UInt64> {
                group.addTask {
                    var generator = SeededGenerator(seed: seed)
                    for _ in 0..<400 {
                        let index = Int.random(in: 0..<12, using: &generator)
                        if index < 3 {
                            let policy = try registry.policy(named: "pinned \(index)") {
                                Issue.record("created a second time")
                                return Policy("pinned \(index)", registry, isPinned: true)
                            }
                            #expect(policy === pinned[index])
                        } else if index == 11 {
                            registry.remove("5")
                        } else {
                            let policy = try? registry.policy(named: "\(index)") {
                                Policy("\(index)", registry, isPinned: false)
                            }
                            #expect(policy == nil || policy?.name == "\(index)")
                        }
                        #expect(registry.count <= 6)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(registry.names.filter { $0.hasPrefix("pinned") }.count == 3)
        registry.removeAll()
        #expect(registry.count == 0)
    }

    @Test func whatIsReplacedAndForgottenEndsOutsideTheLock() throws {
        let registry = try Registry<Policy>(capacity: 2)
        for _ in 0..<3 { try registry.register("a", Policy("a", registry, isPinned: false)) }
        for name in ["b", "c", "d"] { try registry.register(name, Policy(name, registry, isPinned: false)) }
        registry.removeAll()
        #expect(registry.names.isEmpty)
    }

    @Test func aCreationThatAsksForItselfIsAnErrorAndNoDeadlock() throws {
        let registry = try Registry<Int>("numbers")
        let error = #expect(throws: RegistryError.self) {
            try registry.policy(named: "a") {
                try registry.policy(named: "b") { try registry.policy(named: "a") { 1 } }
            }
        }
        #expect(error?.reason == .recursive(name: "a"))
        #expect(error?.description == "registry numbers cannot create a: its creation asks for a itself")
        #expect(registry.count == 0)
        #expect(try registry.policy(named: "a") { 2 } == 2)
    }

    @Test func aCreationUnderWayKeepsItsPlaceThroughRemovals() throws {
        let registry = try Registry<Int>(capacity: 1)
        let policy = try registry.policy(named: "a") {
            try registry.register("a", 1)
            #expect(registry.remove("a") == 1)
            #expect(throws: RegistryError.self) { try registry.register("b", 2) }
            registry.removeAll()
            #expect(throws: RegistryError.self) { try registry.register("b", 2) }
            return 3
        }
        #expect(policy == 3)
        #expect(registry.all == ["a": 3])
        try registry.register("b", 2)
        #expect(registry.all == ["b": 2])
    }

    @Test func noPlaceIsLostHoweverACreationEnds() throws {
        let registry = try Registry<Int>(capacity: 2)
        _ = try registry.policy(named: "a") {
            try registry.register("a", 1)
            return 2
        }
        #expect(throws: UnknownError.self) {
            try registry.policy(named: "b") {
                try registry.register("b", 1)
                registry.remove("b")
                throw UnknownError()
            }
        }
        #expect(throws: UnknownError.self) { try registry.policy(named: "c") { throw UnknownError() } }
        try registry.register("d", 4)
        #expect(registry.all == ["a": 1, "d": 4])
    }

    @Test func aFullRegistryIsSearchedToItsEnd() throws {
        let registry = try Registry<Policy>(capacity: 100)
        for index in 0..<100 {
            try registry.register("\(index)", Policy("\(index)", registry, isPinned: index != 77))
        }
        try registry.register("new", Policy("new", registry, isPinned: true))
        #expect(registry["77"] == nil)
        let error = #expect(throws: RegistryError.self) {
            try registry.register("another", Policy("another", registry, isPinned: true))
        }
        #expect(error?.reason == .full(name: "another", capacity: 100))
    }
}
