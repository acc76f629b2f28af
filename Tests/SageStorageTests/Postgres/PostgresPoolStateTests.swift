import SageTesting
import StorageTestSupport
import Testing

@testable import SageStorage

struct PostgresPoolStateTests {
    @Test func givesOutTheConnectionThatWasUsedLast() throws {
        var state = PostgresPoolState()
        expect(state.take(), .open)
        let first = try state.begin().unwrapped
        let second = try state.begin().unwrapped
        expect(state.giveBack(first), true)
        expect(state.giveBack(second), true)
        expect(state.take(), .use(second))
        expect(state.take(), .use(first))
        expect(state.take(), .open)
    }

    @Test func takesAFreeConnectionOutOnce() throws {
        var state = PostgresPoolState()
        let number = try state.begin().unwrapped
        expect(state.withdraw(number), false)
        expect(state.giveBack(number), true)
        expect(state.giveBack(number), false)
        expect(state.withdraw(number), true)
        expect(state.withdraw(number), false)
        state.ended(number)
        expect(state.giveBack(number), false)
        #expect(state.open.isEmpty)
    }

    @Test func aClosedPoolGivesNothingAndTakesNothingBack() throws {
        var state = PostgresPoolState()
        let used = try state.begin().unwrapped
        let free = try state.begin().unwrapped
        expect(state.giveBack(free), true)
        expect(state.close(), [free])
        expect(state.close(), [])
        expect(state.take(), .closed)
        expect(state.begin(), nil)
        expect(state.giveBack(used), false)
        #expect(state.open == [used, free])
    }

    /// Beside sets of what is free, in use and ended.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func agreesWithSetsOfConnections(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var state = PostgresPoolState()
        var (free, used): (Set<UInt64>, Set<UInt64>) = ([], [])
        for _ in 0..<1_000 {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                switch state.take() {
                case .use(let number):
                    expect(free.remove(number) != nil, true)
                    used.insert(number)
                case .open:
                    #expect(free.isEmpty)
                    guard used.count < 6, let number = state.begin() else { break }
                    #expect(!free.contains(number))
                    expect(used.insert(number).inserted, true)
                case .closed: Issue.record("nobody closed it")
                }
            case 2:
                guard let number = used.randomElement(using: &generator) else { break }
                expect(state.giveBack(number), true)
                used.remove(number)
                free.insert(number)
            case 3:
                guard let number = used.union(free).randomElement(using: &generator) else { break }
                let isFree = free.remove(number) != nil
                expect(state.withdraw(number), isFree)
                if isFree { state.ended(number) }
            default:
                guard let number = used.popFirst() else { break }
                state.ended(number)
            }
            #expect(Set(state.idle) == free)
            #expect(state.open == free.union(used))
        }
    }
}
