extension GatewayConfiguration {
    /// How much a provider, or one of its models, may be asked for.
    ///
    /// What is nil is not limited.
    package struct Limits: Sendable, Hashable {
        /// Starting points where the provider's own numbers are not known.
        package enum Preset: String, Sendable, Hashable, CaseIterable {
            /// 60 requests a minute: Anthropic's lowest tier.
            case anthropic
            /// 100 requests a minute: a cautious start for OpenAI.
            case openai
            /// 30 requests a minute: a cautious start for Google.
            case google

            /// The limits that the preset stands for.
            package var limits: Limits {
                switch self {
                case .anthropic: Limits(requestsPerMinute: 60)
                case .openai: Limits(requestsPerMinute: 100)
                case .google: Limits(requestsPerMinute: 30)
                }
            }
        }

        /// The most calls that wait for their turn where nothing else is written.
        package static let defaultMaxQueued = 1_000

        /// What holds where no number of its own is written.
        package var preset: Preset?
        /// The most requests in any minute.
        package var requestsPerMinute: Int?
        /// The tokens a minute, of requests and answers together.
        package var tokensPerMinute: Int?
        /// The most requests at the same time.
        package var maxConcurrent: Int?
        /// The most requests that wait for each of these limits; beyond that the least important one is refused.
        package var maxQueued: Int?

        /// Creates limits.
        package init(
            preset: Preset? = nil, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil,
            maxConcurrent: Int? = nil, maxQueued: Int? = nil
        ) {
            self.preset = preset
            self.requestsPerMinute = requestsPerMinute
            self.tokensPerMinute = tokensPerMinute
            self.maxConcurrent = maxConcurrent
            self.maxQueued = maxQueued
        }

        /// The limits with the preset's numbers where none is written.
        package var resolved: Limits {
            let base = preset?.limits ?? Limits()
            return Limits(
                requestsPerMinute: requestsPerMinute ?? base.requestsPerMinute,
                tokensPerMinute: tokensPerMinute ?? base.tokensPerMinute,
                maxConcurrent: maxConcurrent ?? base.maxConcurrent, maxQueued: maxQueued ?? base.maxQueued)
        }

        /// Whether nothing is limited.
        package var isEmpty: Bool {
            let limits = resolved
            return limits.requestsPerMinute == nil && limits.tokensPerMinute == nil && limits.maxConcurrent == nil
        }
    }
}

extension GatewayConfiguration.Limits {
    /// What a number of requests a minute may be.
    static let requestRange = 1...10_000_000
    /// What a number of tokens a minute may be.
    static let tokenRange = 1...1_000_000_000_000

    static let fields = FieldTable(
        [
            Field("preset", optional: \.preset, .word()),
            Field("requestsPerMinute", optional: \.requestsPerMinute, .integer(requestRange)),
            Field("tokensPerMinute", optional: \.tokensPerMinute, .integer(tokenRange)),
            Field("maxConcurrent", optional: \.maxConcurrent, .integer(1...1_000_000)),
            Field("maxQueued", optional: \.maxQueued, .integer(0...1_000_000)),
        ],
        initial: { GatewayConfiguration.Limits() })
}

extension GatewayConfiguration {
    /// What is special about one model of a provider.
    package struct ProviderModel: Sendable, Hashable {
        /// How much the model may be asked for, beside the limits of its provider.
        package var limits: Limits?

        /// Creates settings that change nothing.
        package init(limits: Limits? = nil) { self.limits = limits }
    }
}

extension GatewayConfiguration.ProviderModel {
    static let fields = FieldTable(
        [Field("limits", optional: \.limits, GatewayConfiguration.Limits.fields.format)],
        initial: { GatewayConfiguration.ProviderModel() })
}

extension GatewayConfiguration {
    /// The limits of one model of a provider, wherever they are written: with the provider or with a target.
    ///
    /// - Returns: Nil where none are written.
    package func limits(ofModel model: String, at provider: String) -> Limits? {
        if let limits = providers[provider]?.models[model]?.limits { return limits }
        for name in models.keys.sorted() {
            for target in models[name]?.targets ?? [] where target.provider == provider && target.model == model {
                if let limits = target.limits { return limits }
            }
        }
        return nil
    }

    /// The limits of all models of a provider that have limits of their own.
    func modelLimits(at provider: String) -> [String: Limits] {
        var names = Set(providers[provider].map { Array($0.models.keys) } ?? [])
        for model in models.values {
            names.formUnion(model.targets.filter { $0.provider == provider && $0.limits != nil }.map(\.model))
        }
        return names.reduce(into: [:]) { $0[$1] = limits(ofModel: $1, at: provider) }
    }

    /// Checks that no model's limits are written twice with different numbers, and that limits limit something.
    func checkLimits(_ reader: inout ConfigurationReader) {
        let flag = FieldPath.root.key("storage").key("shared").key("sharedLimits")
        if storage.shared.sharedLimits, storage.state == .local, !reader.isRefused(flag) {
            reader.report(flag, "is true; it needs a storage.state that instances share: sqlite or redis, not local")
        }
        let providersPath = FieldPath.root.key("providers")
        for (name, provider) in providers.sorted(by: { $0.key < $1.key }) {
            let path = providersPath.key(name)
            if let limits = provider.limits { Self.check(limits, at: path.key("limits"), &reader) }
            for (model, settings) in provider.models.sorted(by: { $0.key < $1.key }) {
                guard let limits = settings.limits else { continue }
                Self.check(limits, at: path.key("models").key(model).key("limits"), &reader)
            }
        }
        for (name, model) in models.sorted(by: { $0.key < $1.key }) {
            for (index, target) in model.targets.enumerated() {
                guard let limits = target.limits else { continue }
                let path = FieldPath.root.key("models").key(name).key("targets").index(index).key("limits")
                Self.check(limits, at: path, &reader)
                guard let others = self.limits(ofModel: target.model, at: target.provider), others != limits else {
                    continue
                }
                let full = "\(target.provider)/\(target.model)"
                reader.report(
                    path,
                    "differs from other limits of \(Printable.value(full)); they are shared by all models of this file "
                        + "that lead there, so write them once, for example under \(providersPath.key(target.provider).key("models"))"
                )
            }
        }
    }

    private static func check(_ limits: Limits, at path: FieldPath, _ reader: inout ConfigurationReader) {
        guard limits.isEmpty, !reader.isRefused(within: path) else { return }
        reader.report(
            path,
            "limits nothing; at least one of preset, requestsPerMinute, tokensPerMinute and maxConcurrent is needed")
    }
}
