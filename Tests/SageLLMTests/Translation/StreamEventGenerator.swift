@testable import SageLLM

/// Makes the events of random answers with one choice, as a provider could send them.
struct StreamEventGenerator {
    private var random: SeededGenerator
    /// The text of the answer.
    private(set) var text = ""
    /// The arguments of the calls, in order.
    private(set) var calls: [String] = []
    private(set) var thoughts = ""

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func events() -> [NeutralStreamEvent] {
        var events: [NeutralStreamEvent] = chance(4) ? [] : [.start(id: "p", model: "m")]
        for _ in 0..<int(0...6) { events += part() }
        if chance(3) { events.append(.usage(TokenCounts(prompt: 1, completion: 2))) }
        let reasons: [NeutralStopReason] = [
            .stop, .length, .contentFilter, .refusal, .toolCalls, .stopSequence, .contextWindow, .pause, .other("X"),
        ]
        events.append(.finish(reasons[int(0...reasons.count - 1)], stopSequence: nil, choice: 0))
        if chance(2) { events.append(.usage(TokenCounts(prompt: 1, completion: 5, total: 6))) }
        return events
    }

    private mutating func part() -> [NeutralStreamEvent] {
        switch int(0...4) {
        case 0, 1:
            return (0...int(0...3)).map { _ in
                let piece = word()
                text += piece
                return .text(piece, choice: 0)
            }
        case 2:
            var events: [NeutralStreamEvent] = (0..<int(0...2)).map { _ in
                let piece = word()
                thoughts += piece
                return .thinking(piece, choice: 0)
            }
            if chance(2) { events.append(.thinkingSignature("c2ln", choice: 0)) }
            return events
        case 3:
            return calls(int(1...3))
        default:
            return chance(2) ? [.redactedThinking("AA==", choice: 0)] : [.usage(TokenCounts(completion: 1))]
        }
    }

    /// Calls whose fragments come mixed.
    private mutating func calls(_ count: Int) -> [NeutralStreamEvent] {
        var events: [NeutralStreamEvent] = []
        var rest: [(index: Int, fragments: [String])] = []
        for _ in 0..<count {
            let index = calls.count
            let arguments = #"{"n":\#(index),"t":"\#(word())"}"#
            calls.append(arguments)
            events.append(.toolCallStart(id: "call_\(index)", name: "f\(index)", index: index, choice: 0))
            if chance(3) { events.append(.toolCallSignature("gemini:AA==", index: index, choice: 0)) }
            let middle = arguments.index(arguments.startIndex, offsetBy: int(0...arguments.count))
            rest.append((index, [String(arguments[..<middle]), String(arguments[middle...])]))
        }
        while let position = rest.indices.randomElement(using: &random) {
            events.append(
                .toolCallArguments(rest[position].fragments.removeFirst(), index: rest[position].index, choice: 0))
            if rest[position].fragments.isEmpty { rest.remove(at: position) }
        }
        return events
    }

    private mutating func word() -> String {
        ["a", "word ", "ä", "漢字", "😀", " ", "\\n", "x"].randomElement(using: &random) ?? "a"
    }

    private mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func chance(_ one: Int) -> Bool { int(1...one) == 1 }
}
