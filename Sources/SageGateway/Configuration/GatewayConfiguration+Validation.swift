import HTTPTypes
import SageLLM
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
        checkLimits(&reader)
        checkKeys(&reader)
        checkAgent(&reader)
        completeTelemetry(&reader)
    }

    private mutating func completeProvider(_ name: String, _ reader: inout ConfigurationReader) {
        guard var provider = providers[name] else { return }
        let path = FieldPath.root.key("providers").key(name)
        checkPolicyName(provider.policy, at: path.key("policy"), &reader)
        if provider.apiKey != nil, !provider.apiKeys.isEmpty {
            reader.report(path.key("apiKeys"), "cannot be set beside apiKey; put all keys into apiKeys")
        }
        guard !reader.isRefused(path.key("kind")) else { return }
        switch provider.kind {
        case .openai, .anthropic, .gemini:
            let url = provider.baseURL ?? provider.kind.defaultBaseURL
            provider.baseURL = url
            if provider.kind == .openai, let url, !reader.isRefused(path.key("baseURL")),
                !url.namesVersion || url.namesEndpoint
            {
                reader.report(
                    path.key("baseURL"),
                    "is \(Printable.value(url.description)); for kind openai it ends in the version of the API, "
                        + "for example https://api.openai.com/v1")
            }
            let field = provider.kind.dialect.credentialField.canonicalName
            let authorizes = provider.headers[field] != nil
            if authorizes, !provider.keys.isEmpty {
                let name = provider.apiKeys.isEmpty ? "apiKey" : "apiKeys"
                reader.report(
                    path.key("headers").key(field), or: path.key("headers"),
                    "cannot be set beside \(name), which is sent in the same header; remove one of them")
            }
            if provider.keys.isEmpty, !authorizes, url?.isLoopback == false {
                notices.append("\(path) has no apiKey; its requests are sent without one")
            }
        case .simulated:
            for (key, isSet) in [
                ("baseURL", provider.baseURL != nil), ("apiKey", provider.apiKey != nil),
                ("apiKeys", !provider.apiKeys.isEmpty), ("headers", !provider.headers.isEmpty),
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
        var seen: Set<[String]> = []
        for (index, target) in model.targets.enumerated() {
            let targetPath = path.key("targets").index(index)
            if !target.provider.isEmpty, providers[target.provider] == nil {
                reader.report(
                    targetPath.key("provider"), or: path,
                    Self.unknown(target.provider, "provider", among: providers.keys.sorted()))
            }
            if !seen.insert([target.provider, target.model]).inserted {
                reader.report(
                    targetPath, "is \(Printable.value("\(target.provider)/\(target.model)")), which is listed already")
            }
            if let weight = target.weight, weight != 1, !model.strategy.weighs {
                notices.append("\(targetPath.key("weight")) has no effect with strategy \(model.strategy.rawValue)")
            }
        }
        for (kind, names) in model.fallbacks.named {
            for (index, other) in names.enumerated() {
                let place = path.key("fallbacks").key(kind).index(index)
                if models[other] == nil {
                    reader.report(place, or: path, Self.unknown(other, "model", among: models.keys.sorted()))
                } else if names[..<index].contains(other) {
                    reader.report(place, or: path, "is \(Printable.value(other)), which is listed already")
                }
            }
        }
    }

    private mutating func checkPolicy(_ name: String, _ reader: inout ConfigurationReader) {
        guard let policy = policies[name] else { return }
        let policyPath = FieldPath.root.key("policies").key(name)
        if policy.hedge.isEnabled, policy.retry.maxAttempts == 1 {
            notices.append(
                "\(policyPath.key("hedge")) has no effect: retry.maxAttempts is 1, and hedges are attempts too")
        }
        let retry = policy.retry
        guard retry.initialDelay > retry.maxDelay else { return }
        let path = policyPath.key("retry")
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
