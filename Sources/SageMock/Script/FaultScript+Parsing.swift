import Yams

extension FaultScript {
    /// Reads a script from YAML or JSON text.
    ///
    /// The text is a list of rules, or a mapping with `rules` and `seed`. Empty text is the script without rules.
    ///
    /// - Parameter text: The script, at most ``maximumBytes`` long.
    /// - Throws: ``FaultScriptError``, which names the line, the field and what is allowed.
    public init(parsing text: String) throws(FaultScriptError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw FaultScriptError(
                line: nil, problem: "the script has \(text.utf8.count) bytes; allowed are \(Self.maximumBytes)")
        }
        guard let root = try Self.compose(text) else {
            self.init(rules: [], source: text)
            return
        }
        let node = ScriptNode(root, field: "")
        if case .mapping = root {
            let members = try node.members(of: RootKey.self, allowed: "a list of rules")
            guard let rules = members[.rules] else { throw node.error("rules is missing; it is a list of rules") }
            self.init(rules: try Self.rules(rules), seed: try members[.seed]?.seed(), source: text)
        } else {
            self.init(rules: try Self.rules(ScriptNode(root, field: "rules")), source: text)
        }
    }

    private enum RootKey: String, CaseIterable {
        case rules, seed
    }

    private static func compose(_ text: String) throws(FaultScriptError) -> Node? {
        do {
            return try Yams.compose(yaml: JSONEscapes.joiningSurrogates(in: text))
        } catch let error as YamlError {
            throw FaultScriptError(error)
        } catch {
            throw FaultScriptError(line: nil, problem: "the script cannot be read: \(error)")
        }
    }

    private static func rules(_ node: ScriptNode) throws(FaultScriptError) -> [FaultRule] {
        var rules: [FaultRule] = []
        for rule in try node.elements(allowed: "a list of rules", count: 0...1_000) {
            rules.append(try FaultRule(rule))
        }
        return rules
    }
}

extension FaultRule {
    private enum Key: String, CaseIterable {
        case match, steps, then
    }

    fileprivate init(_ node: ScriptNode) throws(FaultScriptError) {
        let members = try node.members(of: Key.self, allowed: "a mapping with match, steps and then")
        guard let steps = members[.steps] else { throw node.error("steps is missing; it is a list of steps") }
        self.init(steps: [])
        for step in try steps.elements(allowed: "a list of steps", count: 1...10_000) {
            self.steps.append(try FaultStep(step))
        }
        if let match = members[.match] { self.match = try RequestMatch(match) }
        if let then = members[.then] { self.then = try then.choice(of: Continuation.self) }
    }
}

extension RequestMatch {
    private enum Key: String, CaseIterable {
        case path, model, stream, header
    }

    fileprivate init(_ node: ScriptNode) throws(FaultScriptError) {
        let members = try node.members(of: Key.self, allowed: "a mapping with path, model, stream and header")
        self.init()
        if let path = members[.path] {
            let text = try path.text()
            guard text.hasPrefix("/") || text.hasPrefix("*") else {
                throw path.refused(allowed: "a path that begins with / or *")
            }
            self.path = Wildcard(text)
        }
        model = try members[.model].map { node throws(FaultScriptError) in Wildcard(try node.text()) }
        isStream = try members[.stream]?.bool()
        if let header = members[.header] {
            for (name, value) in try header.members(allowed: "a mapping from header names to values") {
                headers[name.lowercased()] = Wildcard(try value.text())
            }
        }
    }
}

extension FaultScriptError {
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(line: mark.line, problem: "not YAML: \(problem)")
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { offset in yaml.unicodeScalars.prefix(offset).count { $0 == "\n" } + 1 }
            self.init(line: line, problem: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            self.init(
                line: context.mark.line, problem: "a key stands twice: \(keys.sorted().joined(separator: ", "))")
        default:
            self.init(line: nil, problem: "not YAML: \(error)")
        }
    }
}
