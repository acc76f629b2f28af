import SageTesting
import Testing

@testable import SageResilience

/// Random operations on a registry and on a naive model of it must give the same.
@Suite(.timeLimit(.minutes(1)))
struct RegistryModelTests {
    private final class Policy: Evictable, Sendable {
        let number: Int
        private let pinned: Locked<Set<Int>>
        var isEvictable: Bool { !pinned.value.contains(number) }

        init(_ number: Int, _ pinned: Locked<Set<Int>>) {
            self.number = number
            self.pinned = pinned
        }
    }

    /// A list in the order of use, the oldest first.
    private struct Model {
        let capacity: Int
        var entries: [(name: String, number: Int)] = []

        mutating func use(_ name: String) -> Int? {
            guard let index = entries.firstIndex(where: { $0.name == name }) else { return nil }
            entries.append(entries.remove(at: index))
            return entries.last?.number
        }

        /// Stores a new name or replaces; false when there is no place.
        mutating func store(_ name: String, _ number: Int, pinned: Set<Int>) -> Bool {
            if let index = entries.firstIndex(where: { $0.name == name }) {
                entries.remove(at: index)
            } else if entries.count == capacity {
                guard let victim = entries.firstIndex(where: { !pinned.contains($0.number) }) else { return false }
                entries.remove(at: victim)
            }
            entries.append((name, number))
            return true
        }
    }

    @Test(arguments: [1, 2, 7, 40], 0..<6 as Range<UInt64>)
    func agreesWithTheModel(capacity: Int, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pinned = Locked(Set<Int>())
        let registry = try Registry<Policy>(capacity: capacity)
        var model = Model(capacity: capacity)
        for step in 0..<2_000 {
            let name = "\(Int.random(in: 0..<capacity * 2 + 1, using: &generator))"
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<30:
                let expected: Int?
                if let known = model.use(name) {
                    expected = known
                } else {
                    expected = model.store(name, step, pinned: pinned.value) ? step : nil
                }
                let policy = try? registry.policy(named: name) { Policy(step, pinned) }
                #expect(policy?.number == expected)
            case 30..<45:
                let isStored = model.store(name, step, pinned: pinned.value)
                #expect(((try? registry.register(name, Policy(step, pinned))) != nil) == isStored)
            case 45..<65:
                #expect(registry[name]?.number == model.use(name))
            case 65..<80:
                let expected = model.entries.firstIndex { $0.name == name }.map { model.entries.remove(at: $0).number }
                #expect(registry.remove(name)?.number == expected)
            case 80..<99:
                if let number = model.entries.randomElement(using: &generator)?.number {
                    pinned.update { numbers in
                        if numbers.remove(number) == nil { numbers.insert(number) }
                    }
                }
            default:
                registry.removeAll()
                model.entries = []
            }
            #expect(registry.count == model.entries.count)
            #expect(registry.names == model.entries.map(\.name).sorted())
            #expect(
                registry.all.mapValues(\.number)
                    == Dictionary(uniqueKeysWithValues: model.entries.map { ($0.name, $0.number) }))
        }
    }

    @Test func theOrderOfUseIsKept() {
        var list = LeastRecentlyUsed<Int>()
        for number in 0..<5 { #expect(list.put(number, "\(number)") == nil) }
        #expect(list.use("1") == 1)
        #expect(list.put(30, "3") == 3)
        #expect(list.remove("2") == 2)
        #expect(list.put(5, "5") == nil)
        #expect(list.entries(after: nil, atMost: 10).map(\.name) == ["0", "4", "1", "3", "5"])
    }

    @Test func aSearchGoesOnWhereItStoodWhateverHappensMeanwhile() throws {
        var list = LeastRecentlyUsed<Int>()
        for number in 0..<6 { _ = list.put(number, "\(number)") }
        let first = try #require(list.entries(after: nil, atMost: 2).last)
        #expect(first.name == "1")
        #expect(list.entries(after: first, atMost: 2).map(\.name) == ["2", "3"])
        _ = list.use("1")
        #expect(list.entries(after: first, atMost: 2).map(\.name) == ["2", "3"])
        #expect(list.remove("1", lastUse: first.lastUse) == nil)
        #expect(list.remove("2") == 2)
        #expect(list.entries(after: first, atMost: 9).map(\.name) == ["3", "4", "5", "1"])
        #expect(list.removeAll().count == 5)
        _ = list.put(9, "9")
        #expect(list.entries(after: first, atMost: 9).map(\.name) == ["9"])
        #expect(list.entries(after: list.entries(after: nil, atMost: 1).last, atMost: 9).isEmpty)
    }
}
