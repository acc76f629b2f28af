import Testing

@testable import SageSessions

struct OwnerJudgeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var host = "here"
        var boot = "first"
        var process: Int64 = 7
        var started: Int64 = 100
        /// How long before the present the owner said that it lives, by each clock.
        var heartbeat: Int64 = 1_000
        var uptime: Int64 = 1_000
        var running: ProcessTable.State = .running(started: 100)
        var death: OwnerJudge.Death?

        var testDescription: String { name }

        static let all: [Case] = [
            Case(name: "lives", death: nil),
            Case(name: "at the end of its lease", heartbeat: 15_000, uptime: 15_000, death: nil),
            Case(name: "silent", heartbeat: 15_001, uptime: 15_001, death: .leaseExpired),
            Case(name: "gone", running: .gone, death: .processGone),
            Case(name: "number taken by another", running: .running(started: 101), death: .processReplaced),
            Case(name: "began at an unknown time", started: 0, running: .running(started: 101), death: nil),
            Case(name: "the system tells no time", running: .running(started: nil), death: nil),
            Case(name: "the system tells nothing", running: .unknown, death: nil),
            Case(name: "the system tells nothing, silent", uptime: 20_000, running: .unknown, death: .leaseExpired),
            Case(name: "before this boot", boot: "second", heartbeat: 500_001, death: .rebooted),
            Case(name: "another machine of the same name", boot: "second", running: .gone, death: nil),
            Case(
                name: "another machine of the same name, silent", boot: "second", heartbeat: 15_001,
                death: .leaseExpired),
            Case(
                name: "another boot, before the clock was set back", boot: "second", heartbeat: -15_001,
                death: .leaseExpired),
            Case(name: "another boot, absurd", boot: "second", heartbeat: .max, death: .rebooted),
            Case(name: "clock set forwards an hour", heartbeat: 3_600_000, death: nil),
            Case(name: "clock set backwards an hour", heartbeat: -3_600_000, death: nil),
            Case(name: "uptime ahead, which only another boot explains", uptime: -20_000, death: .leaseExpired),
            Case(name: "elsewhere, fresh", host: "there", boot: "x", uptime: 99_999, running: .gone, death: nil),
            Case(name: "elsewhere, silent", host: "there", heartbeat: 15_001, uptime: 0, death: .leaseExpired),
            Case(name: "elsewhere, clock a little ahead", host: "there", heartbeat: -5_000, death: nil),
            Case(
                name: "elsewhere, from before the clock was set back", host: "there", heartbeat: -15_001,
                death: .leaseExpired),
            Case(name: "boot unknown, fresh", boot: "", uptime: 99_999, running: .gone, death: nil),
            Case(name: "boot unknown, silent", boot: "", heartbeat: 15_001, uptime: 0, death: .leaseExpired),
            Case(name: "absurd heartbeat", host: "there", heartbeat: .max, death: .leaseExpired),
            Case(name: "absurd the other way", host: "there", heartbeat: .min, death: .leaseExpired),
        ]
    }

    @Test(arguments: Case.all)
    func anOwnerIsJudged(example: Case) {
        let judge = OwnerJudge(
            own: HostIdentity(host: "here", boot: "first", process: 1, started: 1), lease: 15_000,
            now: 1_000_000, uptime: 500_000,
            processes: ProcessTable { $0 == example.process ? example.running : .gone })
        let owner = OwnerRecord(
            id: "o",
            identity: HostIdentity(
                host: example.host, boot: example.boot, process: example.process, started: example.started),
            heartbeat: 1_000_000 &- example.heartbeat, uptime: 500_000 &- example.uptime)
        #expect(judge.death(of: owner) == example.death)
    }

    @Test(arguments: [
        (
            "12 (bash) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20",
            ProcessTable.State.running(started: 4_711)
        ),
        ("12 (a ) b (c) R) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 42 20", .running(started: 42)),
        ("12 (dead) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 42 20", .gone),
        ("12 (dead) X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 42 20", .gone),
        ("12 (short) S 1 2", .unknown),
        ("", .unknown),
        ("12 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 soon 20", .unknown),
    ])
    func theLineOfAProcessIsRead(line: String, state: ProcessTable.State) {
        #expect(ProcessTable.parse(line) == state)
    }

    @Test func thisProcessLivesAndNoOtherIsTakenForIt() {
        let own = HostIdentity.current
        let judge = OwnerJudge(
            own: own, lease: 15_000, now: 0, uptime: StoreEnvironment.uptime(), processes: .system)
        var owner = OwnerRecord(id: "o", identity: own, heartbeat: 0, uptime: StoreEnvironment.uptime())
        #expect(judge.death(of: owner) == nil)
        owner.identity.process = Int64(Int32.max)
        #if os(Linux)
        #expect(judge.death(of: owner) == .processGone)
        owner.identity = own
        owner.identity.started += 1
        #expect(judge.death(of: owner) == .processReplaced)
        owner.identity.boot = "another"
        owner.heartbeat = -StoreEnvironment.uptime() - 1
        #expect(judge.death(of: owner) == .rebooted)
        #endif
    }
}
