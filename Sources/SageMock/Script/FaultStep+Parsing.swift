extension FaultStep {
    fileprivate enum Key: String, CaseIterable {
        case status, headers, body, html, reset
        case ok, reply, thinking, tool, finish, omitFinish, omitDone
        case latency, hangBeforeHeaders, eventDelay, keepAlives
        case cutAfterEvents, cutAfterBytes, hangAfterEvents, inBandError, afterEvents
        case probability, `repeat`
    }

    private typealias Members = [Key: ScriptNode]

    init(_ node: ScriptNode) throws(FaultScriptError) {
        let members = try node.members(of: Key.self, allowed: "a mapping, for example { status: 503 }")
        guard !members.isEmpty else { throw node.error("is empty; write { ok: true } for a normal reply") }
        self.init()
        try Self.checkCombinations(members)
        resets = try members[.reset]?.flag() ?? false
        headers = try members[.headers].map(Self.headers) ?? []
        latency = try members[.latency]?.duration() ?? .zero
        hangBeforeHeaders = try members[.hangBeforeHeaders].map(Self.hang)
        interruption = try Self.interruption(members)
        probability = try members[.probability]?.ratio() ?? 1
        repetitions = try members[.repeat]?.integer(in: 1...1_000_000) ?? 1
        answer = try Self.answer(members, resets: resets, isInterrupted: interruption != nil)
    }

    private static let eventCount = 0...1_000_000
    private static let replyKeys: [Key] = [
        .ok, .reply, .thinking, .tool, .finish, .omitFinish, .omitDone, .eventDelay, .keepAlives, .cutAfterEvents,
        .hangAfterEvents, .inBandError,
    ]
    private static let interruptionKeys: [Key] = [.cutAfterEvents, .cutAfterBytes, .hangAfterEvents]

    /// Refuses steps that ask for two answers at once.
    private static func checkCombinations(_ members: Members) throws(FaultScriptError) {
        for fixed in [Key.status, .body, .html] {
            try exclude(members, fixed, replyKeys)
        }
        try exclude(members, .body, [.html])
        for key in interruptionKeys {
            try exclude(members, key, interruptionKeys.filter { $0 != key })
        }
        if members[.cutAfterEvents] == nil, members[.cutAfterBytes] == nil {
            // Without a place to cut at, a reset comes before the answer, and nothing of an answer is left to shape.
            try exclude(
                members, .reset,
                [.status, .headers, .body, .html, .hangAfterEvents] + replyKeys.filter { $0 != .hangAfterEvents })
        }
        if let afterEvents = members[.afterEvents], members[.inBandError] == nil {
            throw afterEvents.error("needs inBandError beside it")
        }
    }

    private static func exclude(_ members: Members, _ key: Key, _ others: [Key]) throws(FaultScriptError) {
        guard let node = members[key], let other = others.first(where: { members[$0] != nil }) else { return }
        throw node.error("cannot be combined with \(other.rawValue)")
    }

    private static func answer(
        _ members: Members, resets: Bool, isInterrupted: Bool
    ) throws(FaultScriptError) -> Answer {
        if resets, !isInterrupted { return .nothing }
        let status = try members[.status]?.integer(in: 200...599)
        if let html = members[.html] {
            return .fixed(status: status ?? 502, contentType: "text/html; charset=utf-8", body: try html.text())
        }
        if let body = members[.body] {
            return .fixed(
                status: status ?? 200, contentType: "application/json", body: try body.textOrJSON())
        }
        if let status { return .fixed(status: status, contentType: "application/json", body: nil) }
        return .reply(try ReplyOptions(members))
    }

    private static func interruption(_ members: Members) throws(FaultScriptError) -> Interruption? {
        if let node = members[.cutAfterEvents] { return .cutAfterEvents(try node.integer(in: eventCount)) }
        if let node = members[.cutAfterBytes] { return .cutAfterBytes(try node.integer(in: 0...33_554_432)) }
        if let node = members[.hangAfterEvents] { return .hangAfterEvents(try node.integer(in: eventCount)) }
        return nil
    }

    private static func hang(_ node: ScriptNode) throws(FaultScriptError) -> Hang {
        if try node.text(allowed: "forever, or \(ScriptNode.allowedDuration)") == "forever" { return .forever }
        return .lasting(try node.duration())
    }

    private static func headers(_ node: ScriptNode) throws(FaultScriptError) -> [Header] {
        var headers: [Header] = []
        for (name, value) in try node.members(allowed: "a mapping from header names to values") {
            guard !name.isEmpty, name.utf8.allSatisfy(isTokenCharacter) else {
                throw value.error("is no header name; allowed are letters, digits and !#$%&'*+-.^_`|~")
            }
            guard !["content-length", "transfer-encoding"].contains(name.lowercased()) else {
                throw value.error("cannot be set: the length follows from the body")
            }
            let text = try value.text()
            guard text.utf8.allSatisfy({ $0 == 9 || ($0 >= 32 && $0 != 127) }) else {
                throw value.error("has a control character; a header's value is one line")
            }
            headers.append(Header(name, text))
        }
        return headers
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension ReplyOptions {
    fileprivate init(_ members: [FaultStep.Key: ScriptNode]) throws(FaultScriptError) {
        self.init()
        if let ok = members[.ok] { _ = try ok.flag() }
        text = try members[.reply]?.text()
        thinking = try members[.thinking]?.text()
        tools = try members[.tool].map(ToolCall.calls) ?? []
        finish = try members[.finish]?.text()
        omitsFinish = try members[.omitFinish]?.flag() ?? false
        omitsDone = try members[.omitDone]?.flag() ?? false
        keepAlives = try members[.keepAlives]?.integer(in: 1...10_000) ?? 0
        eventDelay = try members[.eventDelay]?.duration() ?? .zero
        if let error = members[.inBandError] {
            inBandError = InBandError(
                text: error.isTrue ? nil : try error.textOrJSON(),
                afterEvents: try members[.afterEvents]?.integer(in: 0...1_000_000) ?? 0)
        }
    }
}

extension ReplyOptions.ToolCall {
    private enum Key: String, CaseIterable {
        case name, arguments
    }

    /// The calls of a node: one, or a list of calls that the model makes at once.
    fileprivate static func calls(_ node: ScriptNode) throws(FaultScriptError) -> [Self] {
        guard node.isList else { return [try Self(node)] }
        var calls: [Self] = []
        for element in try node.elements(allowed: "a list of calls", count: 1...128) {
            calls.append(try Self(element))
        }
        return calls
    }

    private init(_ node: ScriptNode) throws(FaultScriptError) {
        let members = try node.members(
            of: Key.self, allowed: "a mapping with name and arguments, or a list of such mappings")
        self.init(
            name: try members[.name]?.text(),
            arguments: try members[.arguments]?.textOrJSON() ?? "{}")
    }
}
