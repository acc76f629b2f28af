/// Walks a list of messages; says nothing about how a legal list is made.
struct LegalityChecker {
    let rules: ViewLegality.Rules
    private(set) var violations: [ViewLegality.Violation] = []
    private var ids: Set<ExactText> = []
    private var expected: [ExactText] = []
    private var previous: Role?

    init(rules: ViewLegality.Rules) { self.rules = rules }

    mutating func check(_ message: Message, next: Message?, at index: Int) {
        func fail(_ what: String) { violations.append(ViewLegality.Violation(index: index, what: what)) }
        if message.parts.isEmpty { fail("no content") }
        for part in message.parts { if let what = problem(with: part, in: message.role) { fail(what) } }

        let calls = message.toolCalls
        for call in calls where !ids.insert(ExactText(call.id)).inserted { fail("the id of a call is used twice") }
        let results = message.toolResults.map { ExactText($0.callID) }
        if Set(results).count != results.count { fail("two results of one call") }
        if Set(results) != Set(expected) { fail("the results are not those of the calls before") }
        expected = calls.map { ExactText($0.id) }
        if !calls.isEmpty, next?.role != .tool { fail("calls without results in the next message") }
        if message.role == .tool, previous != .assistant { fail("results without an answer before") }

        if rules == .anthropic, message.role != .system {
            switch (previous, message.role) {
            case (nil, .assistant): fail("the first message is an answer")
            case (.assistant, .assistant): fail("two answers in a row")
            default: break
            }
            if message.role == .assistant {
                if case .thinking = message.parts.last { fail("thoughts at the end") }
                if next == nil, case .text(let text) = message.parts.last,
                    text.unicodeScalars.last?.properties.isWhitespace ?? false
                {
                    fail("the last answer ends in white space")
                }
            }
        }
        // OpenAI's tool messages have to follow the very message with the calls; elsewhere instructions stand outside.
        if message.role != .system || rules == .openAI { previous = message.role }
    }

    private func problem(with part: MessagePart, in role: Role) -> String? {
        switch part {
        case .text(let text):
            if role == .tool { return "text among results" }
            return text.unicodeScalars.contains { !$0.properties.isWhitespace } ? nil : "a text of white space"
        case .image(let image):
            if role != .user { return "a picture in a message of the \(role.rawValue)" }
            if case .data = image.source, (image.mediaType ?? "").isEmpty { return "a picture without a media type" }
            return nil
        case .thinking(_, let signature):
            if role != .assistant { return "thoughts in a message of the \(role.rawValue)" }
            return (signature ?? "").isEmpty ? "thoughts without a signature" : nil
        case .toolCall(let call):
            if role != .assistant { return "a call in a message of the \(role.rawValue)" }
            if !isName(call.id) { return "an id of a call that is no name" }
            if !isName(call.name) { return "a tool's name that is none" }
            guard let json = try? JSONText(call.arguments, limits: JSONLimits(maximumBytes: .max)),
                json.text.hasPrefix("{")
            else { return "arguments that are no JSON object" }
            return nil
        case .toolResult: return role == .tool ? nil : "a result in a message of the \(role.rawValue)"
        case .raw: return nil
        }
    }

    private func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
