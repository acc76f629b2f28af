import SageResilience
import SageTesting
import Testing

@testable import SageGateway

struct KeyRingTests {
    static let second: Int64 = 1_000_000_000

    private func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * Self.second) }

    @Test func freshKeysAreUsable() {
        let ring = KeyRing(count: 3)
        #expect(ring.isClear(now: at(0)))
        for key in 0..<3 { #expect(ring.state(of: key, now: at(0)) == .usable) }
    }

    @Test func refusedKeyRestsForAMinuteAndItsTrialsTwiceAsLongEachTimeUpToHalfAnHour() {
        var ring = KeyRing(count: 1)
        var now = at(1)
        for rest: Int64 in [60, 120, 240, 480, 960, 1_800, 1_800, 1_800] {
            let until = now.advanced(by: rest * Self.second)
            #expect(ring.refuse(0, now: now) == until)
            #expect(ring.state(of: 0, now: now) == .refused(until: until))
            now = until
            #expect(ring.state(of: 0, now: now) == .usable, "its trial is due")
            #expect(ring.begin(0, now: now) == true)
        }
    }

    @Test func onlyOneCallTriesARefusedKeyAgain() {
        var ring = KeyRing(count: 1)
        _ = ring.refuse(0, now: at(0))
        #expect(ring.begin(0, now: at(59)) == false)
        #expect(ring.begin(0, now: at(60)) == true)
        #expect(ring.begin(0, now: at(60)) == false, "the trial is under way")
        #expect(ring.state(of: 0, now: at(61)) == .refused(until: at(120)))
        #expect(ring.begin(0, now: at(120)) == true, "a trial that never reported is followed by another")
    }

    @Test func refusalsOfCallsThatWereUnderWayDoNotAddUp() {
        var ring = KeyRing(count: 1)
        #expect(ring.refuse(0, now: at(0)) == at(60))
        for _ in 0..<10 { #expect(ring.refuse(0, now: at(1)) == nil) }
        #expect(ring.state(of: 0, now: at(1)) == .refused(until: at(60)))
    }

    @Test func successRevivesAKeyUnlessItsCallBeganBefore() {
        var ring = KeyRing(count: 1)
        _ = ring.refuse(0, now: at(10))
        #expect(ring.succeed(0, startedAt: at(9)) == false, "it was accepted before it was revoked")
        #expect(ring.state(of: 0, now: at(11)) == .refused(until: at(70)))
        #expect(ring.succeed(0, startedAt: at(70)) == true)
        #expect(ring.state(of: 0, now: at(71)) == .usable)
        #expect(ring.succeed(0, startedAt: at(71)) == false, "there is nothing to revive")
        #expect(ring.refuse(0, now: at(80)) == at(140), "the rests begin anew")
    }

    @Test func laterPauseCounts() {
        var ring = KeyRing(count: 2)
        ring.pause(0, until: at(10))
        ring.pause(0, until: at(5))
        #expect(ring.state(of: 0, now: at(9)) == .paused(until: at(10)))
        #expect(ring.state(of: 1, now: at(9)) == .usable)
        #expect(ring.state(of: 0, now: at(10)) == .usable)
        #expect(ring.isClear(now: at(10)))
    }

    typealias State = KeyRing.State

    @Test(arguments: [
        (State.usable, State.usable, State.usable), (.usable, .paused(until: .zero), .paused(until: .zero)),
        (
            .paused(until: .zero), .paused(until: Moment(nanoseconds: 2)), .paused(until: Moment(nanoseconds: 2))
        ),
        (.paused(until: .zero), .refused(until: .zero), .refused(until: .zero)),
        (.usable, .refused(until: .zero), .refused(until: .zero)),
        (
            .refused(until: .zero), .refused(until: Moment(nanoseconds: 2)), .refused(until: Moment(nanoseconds: 2))
        ),
    ])
    func worseOfTwoStatesCounts(first: State, second: State, joined: State) {
        #expect(first.joined(with: second) == joined)
        #expect(second.joined(with: first) == joined)
    }

    /// Whatever happens, a key is used only when nothing is known against it, rests stay within their bounds, and every
    /// key comes back.
    @Test(arguments: 0..<200)
    func everyKeyComesBackAndNoneIsUsedBefore(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...6, using: &random)
        var ring = KeyRing(count: count)
        var now = at(0)
        var trial: [Int: Moment] = [:]
        for _ in 0..<300 {
            let key = Int.random(in: 0..<count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                if let until = ring.refuse(key, now: now) {
                    let rest = until.elapsed(since: now)
                    #expect((KeyRing.firstRest...KeyRing.longestRest).contains(rest))
                    trial[key] = nil
                }
            case 1:
                ring.pause(key, until: now.advanced(by: Int64.random(in: 0...30, using: &random) * Self.second))
            case 2:
                if ring.state(of: key, now: now) == .usable, ring.begin(key, now: now),
                    ring.state(of: key, now: now) != .usable
                {
                    #expect(trial[key].map { now.elapsed(since: $0) >= KeyRing.firstRest } ?? true)
                    trial[key] = now
                }
            case 3:
                if ring.succeed(key, startedAt: now) { trial[key] = nil }
            default:
                now = now.advanced(by: Int64.random(in: 0...90, using: &random) * Self.second)
            }
        }
        let late = now.advanced(by: KeyRing.longestRest)
        for key in 0..<count { #expect(ring.state(of: key, now: late) == .usable) }
    }
}

struct KeyChoiceTests {
    private func choose(_ states: [KeyRing.State], turn: Int = 0, avoiding avoided: [Int] = []) -> KeyChoice {
        var keys = KeySet()
        for key in avoided { keys.insert(key) }
        return KeyChoice(count: states.count, turn: turn, avoiding: keys) { states[$0] }
    }

    private func paused(_ seconds: Int64) -> KeyRing.State { .paused(until: Moment(nanoseconds: seconds)) }
    private let refused = KeyRing.State.refused(until: Moment(nanoseconds: 9))

    @Test func usableKeysTakeTurns() {
        let states: [KeyRing.State] = [.usable, .usable, .usable]
        #expect((0..<6).map { choose(states, turn: $0).key } == [0, 1, 2, 0, 1, 2])
        #expect(choose(states, turn: .max).key == Int.max % 3)
        #expect(choose(states, turn: -1).key.map((0..<3).contains) == true, "a counter that wrapped round")
    }

    @Test func othersTakeTheTurnOfAKeyThatCannotBeUsed() {
        let states = [.usable, refused, .usable, paused(5)]
        #expect(
            (0..<8).map { choose(states, turn: $0).key } == [0, 2, 0, 2, 0, 2, 0, 2],
            "the turns of the others are shared")
        #expect(choose(states, avoiding: [0]).key == 2)
    }

    @Test func withoutAUsableKeyTheEarliestPauseCounts() {
        let choice = choose([paused(7), refused, paused(5)])
        #expect(choice.key == 2)
        #expect(choice.availability == .paused(until: Moment(nanoseconds: 5)))
        #expect(choose([paused(7), paused(5)], avoiding: [1]).availability == .paused(until: Moment(nanoseconds: 7)))
    }

    @Test func refusedKeysAreALastResortInTurn() {
        #expect(choose([refused, refused], turn: 0).key == 0)
        #expect(choose([refused, refused], turn: 1).key == 1)
        #expect(choose([refused, refused]).availability == .lastResort)
    }

    @Test func nothingIsLeftWhenAllAreToBeAvoided() {
        #expect(choose([.usable, .usable], avoiding: [0, 1]).key == nil)
        #expect(choose([.usable, .usable], avoiding: [0, 1]).availability == .exhausted)
    }

    @Test func setHoldsTheMostKeysThereCanBe() {
        var keys = KeySet()
        #expect(keys.isEmpty)
        for key in 0..<KeySet.capacity {
            #expect(!keys.contains(key))
            keys.insert(key)
            #expect(keys.contains(key))
        }
        var one = KeySet()
        one.insert(63)
        #expect(KeySet().union(one).contains(63))
        #expect(!KeySet().union(one).contains(0))
    }
}
