import SageResilience

extension GatewayConfiguration {
    /// Fills in what depends on other fields, then checks what the fields mean together.
    ///
    /// - Parameter reader: Knows where the fields stood, and takes the problems.
    mutating func complete(_ reader: inout ConfigurationReader) {
        if policies[Self.defaultPolicy] == nil { policies[Self.defaultPolicy] = Policy() }
        let simulated = providers.filter { $0.value.kind == .simulated }.keys.sorted()
        if let provider = simulated.first, models[Self.simulatedModel] == nil {
            models[Self.simulatedModel] = Model(targets: [.init(provider: provider, model: Self.simulatedModel)])
        }
        if providers.isEmpty, !reader.isRefused(within: FieldPath.root.key("providers")) {
            reader.report(FieldPath.root.key("providers"), "is empty; at least one provider is needed")
        }
        for name in providers.keys.sorted() { completeProvider(name, &reader) }
        for name in models.keys.sorted() { checkModel(name, &reader) }
        for name in policies.keys.sorted() { checkPolicy(name, &reader) }
        checkFallbackCycles(&reader)
    }

    private mutating func completeProvider(_ name: String, _ reader: inout ConfigurationReader) {
        guard var provider = providers[name] else { return }
        let path = FieldPath.root.key("providers").key(name)
        checkPolicyName(provider.policy, at: path.key("policy"), &reader)
        guard !reader.isRefused(path.key("kind")) else { return }
        switch provider.kind {
        case .openai:
            let url = provider.baseURL ?? Provider.openAI
            provider.baseURL = url
            if let url, !reader.isRefused(path.key("baseURL")), !url.namesVersion || url.namesEndpoint {
                reader.report(
                    path.key("baseURL"),
                    "is \(Printable.value(url.description)); for kind openai it ends in the version of the API, "
                        + "for example https://api.openai.com/v1")
            }
            let authorizes = provider.headers["authorization"] != nil
            if authorizes, provider.apiKey != nil {
                reader.report(
                    path.key("headers").key("authorization"), or: path.key("headers"),
                    "cannot be set beside apiKey, which is sent in the same header; remove one of them")
            }
            if provider.apiKey == nil, !authorizes, url?.isLoopback == false {
                notices.append("\(path) has no apiKey; its requests are sent without one")
            }
        case .simulated:
            for (key, isSet) in [
                ("baseURL", provider.baseURL != nil), ("apiKey", provider.apiKey != nil),
                ("headers", !provider.headers.isEmpty),
            ] where isSet {
                reader.report(path.key(key), "has no meaning for kind simulated; remove it")
            }
        }
        providers[name] = provider
    }

    private mutating func checkModel(_ name: String, _ reader: inout ConfigurationReader) {
        guard let model = models[name] else { return }
        let path = FieldPath.root.key("models").key(name)
        if let slash = name.firstIndex(of: "/"), providers[String(name[..<slash])] != nil {
            reader.report(
                path,
                "begins with the name of a provider; `provider/model` already means that provider's own model")
        }
        if let policy = model.policy { checkPolicyName(policy, at: path.key("policy"), &reader) }
        if model.targets.isEmpty { reader.report(path.key("targets"), "is empty; at least one target is needed") }
        let providerNames = providers.keys.sorted()
        var seen: Set<[String]> = []
        for (index, target) in model.targets.enumerated() {
            let targetPath = path.key("targets").index(index)
            if !target.provider.isEmpty, providers[target.provider] == nil {
                reader.report(
                    targetPath.key("provider"), or: path,
                    Self.unknown(target.provider, "provider", among: providerNames))
            }
            if !seen.insert([target.provider, target.model]).inserted {
                reader.report(
                    targetPath, "is \(Printable.value("\(target.provider)/\(target.model)")), which is listed already")
            }
            if let weight = target.weight, weight != 1 {
                notices.append("\(targetPath.key("weight")) has no effect with strategy \(model.strategy.rawValue)")
            }
        }
        let modelNames = models.keys.sorted()
        let lists = [
            ("contextWindow", model.fallbacks.contextWindow), ("contentPolicy", model.fallbacks.contentPolicy),
        ]
        for (kind, names) in lists {
            for (index, other) in names.enumerated() where models[other] == nil {
                reader.report(
                    path.key("fallbacks").key(kind).index(index), or: path,
                    Self.unknown(other, "model", among: modelNames))
            }
        }
    }

    private func checkPolicy(_ name: String, _ reader: inout ConfigurationReader) {
        guard let retry = policies[name]?.retry, retry.initialDelay > retry.maxDelay else { return }
        let path = FieldPath.root.key("policies").key(name).key("retry")
        let isInitial = reader.isWritten(path.key("initialDelay"))
        let limits =
            "initialDelay \(DurationText.render(retry.initialDelay)) exceeds "
            + "maxDelay \(DurationText.render(retry.maxDelay))"
        reader.report(path.key(isInitial ? "initialDelay" : "maxDelay"), or: path, "is not possible: \(limits)")
    }

    private func checkPolicyName(_ name: String, at path: FieldPath, _ reader: inout ConfigurationReader) {
        guard policies[name] == nil else { return }
        reader.report(path, Self.unknown(name, "policy", among: policies.keys.sorted()))
    }

    private static func unknown(_ name: String, _ what: String, among names: [String]) -> String {
        let hint = Spelling.nearest(to: name, among: names).map { "; did you mean \(Printable.value($0))?" } ?? ""
        let listed = names.prefix(20).map(Printable.value).joined(separator: ", ") + (names.count > 20 ? ", ..." : "")
        return "is \(Printable.value(name)), but there is no such \(what); "
            + "allowed is \(names.isEmpty ? "nothing, since none is declared" : listed)\(hint)"
    }
}
