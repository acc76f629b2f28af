import SageSessions
import SageTesting
import Testing

struct ConversationViewPropertyTests {
    static let policies = ViewPolicy.UnfinishedCalls.allCases.map { ViewPolicy(unfinishedCalls: $0) }

    @Test("any log gives a view that OpenAI and Anthropic take", arguments: policies)
    func isAlwaysLegal(policy: ViewPolicy) {
        for seed in 0..<250 as Range<UInt64> {
            var log = RandomLog(seed: seed)
            let view = ConversationView(entries: log.entries(1 + Int(seed % 40)), policy: policy)
            let violations = ViewLegality.violations(in: view.messages)
            #expect(violations.isEmpty, "seed \(seed): \(violations)")
        }
    }

    @Test("raw parts do not make a view illegal")
    func isLegalWithRawParts() {
        for seed in 0..<300 as Range<UInt64> {
            var log = RandomLog(seed: seed)
            let view = ConversationView(entries: log.entries(30), policy: ViewPolicy(rawFormats: ["a"]))
            #expect(ViewLegality.violations(in: view.messages).isEmpty, "seed \(seed)")
        }
    }

    @Test("without merging, OpenAI still takes every view")
    func isLegalForOpenAIWithoutMerging() {
        for seed in 0..<300 as Range<UInt64> {
            var log = RandomLog(seed: seed)
            let view = ConversationView(entries: log.entries(30), policy: ViewPolicy(mergesRoles: false))
            #expect(ViewLegality.violations(in: view.messages, rules: .openAI).isEmpty, "seed \(seed)")
        }
    }

    @Test("the promised number of messages stays when entries are appended", arguments: policies)
    func theStablePrefixStays(policy: ViewPolicy) {
        var promised = 0
        for seed in 0..<40 as Range<UInt64> {
            var log = RandomLog(seed: seed, compacts: false)
            let entries = log.entries(30)
            let views = (0...entries.count).map {
                ConversationView(entries: Array(entries[..<$0]), policy: policy)
            }
            for (index, view) in views.enumerated() {
                promised += view.stableCount
                for later in views[index...]
                where later.messages.count < view.stableCount
                    || later.messages[..<view.stableCount] != view.messages[..<view.stableCount]
                {
                    Issue.record(
                        "seed \(seed), \(index) entries: \(view.stableCount) of \(view.messages) became \(later.messages)"
                    )
                    return
                }
            }
        }
        // A promise of nothing would hold too.
        #expect(promised > 1_000)
    }

    @Test func theSameEntriesInAnyOrderGiveTheSameView() {
        for seed in 0..<200 as Range<UInt64> {
            var log = RandomLog(seed: seed)
            let entries = log.entries(25)
            var random = SeededGenerator(seed: seed)
            let view = ConversationView(entries: entries)
            #expect(view == ConversationView(entries: entries))
            #expect(view == ConversationView(entries: entries.shuffled(using: &random)))
        }
    }

    @Test func storedEntriesGiveTheSameView() {
        for seed in 0..<100 as Range<UInt64> {
            var log = RandomLog(seed: seed)
            let entries = log.entries(25).filter { if case .unknown = $0.payload { false } else { true } }
            let stored = entries.map { LogEntry(seq: $0.seq, id: $0.id, $0.payload, epoch: 1, createdAt: 0) }
            #expect(ConversationView(entries: stored) == ConversationView(entries: entries))
        }
    }

    @Test("a text of a user is in the view unless something covers it")
    func noTextOfAUserIsLost() {
        for seed in 0..<200 as Range<UInt64> {
            var log = RandomLog(seed: seed, compacts: false)
            let entries = log.entries(30)
            let said = entries.flatMap { entry -> [String] in
                guard case .message(let message) = entry.payload, message.role == .user else { return [] }
                return message.parts.compactMap { if case .text("hello") = $0 { "hello" } else { nil } }
            }
            let shown = ConversationView(entries: entries).messages.filter { $0.role == .user }.flatMap(\.parts)
                .filter { $0 == .text("hello") }
            #expect(shown.count == said.count, "seed \(seed)")
        }
    }
}
