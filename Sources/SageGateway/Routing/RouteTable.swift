import HTTPTypes
import SageLLM
import SageResilience

/// What the models that clients ask for lead to.
package struct RouteTable: Sendable {
    /// A provider, from which targets are made.
    private struct Provider: Sendable {
        let state: ProviderState
        let endpoint: ProviderEndpoint
        let servesResponses: Bool
        let transport: any UpstreamTransport
        let redaction: SecretRedaction
        let policy: TargetPolicy
        /// The limits that all its models share.
        let limits: LimitSet?
        /// The limits of single models.
        let modelLimits: [String: GatewayConfiguration.Limits]
    }

    private let routes: [String: Route]
    private let providers: [String: Provider]
    /// Where a model goes that nobody configured and that names no provider; none refuses it.
    private let defaultProviders: [String]
    /// The targets that stand in the configuration, which are never forgotten.
    private let configured: [String: RouteTarget]
    /// The targets made for `provider/model` names at run time; bounded, since clients choose these names.
    private let registry: Registry<RouteTarget>
    private let clock: any Clock<Duration>
    private let listener: (any ResilienceListener)?
    private let metrics: GatewayMetrics?
    private let sharedLimits: SharedLimits?

    /// Builds the table.
    ///
    /// - Parameters:
    ///   - configuration: The configuration.
    ///   - transports: Makes the transport of a provider.
    ///   - clock: The clock of the circuit breakers. Defaults to `ContinuousClock`.
    ///   - listener: Receives the events of all policies.
    ///   - onKeyEvent: Hears of keys that are refused and revived; nobody by default.
    ///   - metrics: Where the calls of targets are counted. Defaults to nowhere.
    ///   - sharedLimits: Counts limits a minute for all instances together. Defaults to each counting for itself.
    /// - Throws: ``ConfigurationError`` for what the engine refuses.
    init(
        _ configuration: GatewayConfiguration,
        transports: (GatewayConfiguration.Provider, TargetPolicy) -> any UpstreamTransport,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)?,
        onKeyEvent: (@Sendable (KeyEvent) -> Void)? = nil,
        metrics: GatewayMetrics? = nil, sharedLimits: SharedLimits? = nil
    ) throws {
        let policies = try configuration.policies.mapValues { try TargetPolicy($0) }
        func policy(_ name: String) throws(ConfigurationError) -> TargetPolicy {
            guard let policy = policies[name] else {
                throw ConfigurationError(
                    field: "policy", value: name, allowed: policies.keys.sorted().joined(separator: ", "))
            }
            return policy
        }
        var providers: [String: Provider] = [:]
        for (name, provider) in configuration.providers {
            let policy = try policy(provider.policy)
            let endpoint = ProviderEndpoint(provider)
            providers[name] = Provider(
                state: ProviderState(name, keyCount: endpoint.keyCount, observer: onKeyEvent), endpoint: endpoint,
                servesResponses: provider.servesResponses, transport: transports(provider, policy),
                redaction: SecretRedaction(knownSecrets: provider.secrets), policy: policy,
                limits: try LimitSet(
                    name, provider.limits, maxWait: policy.maxWait, clock: clock, listener: listener,
                    shared: sharedLimits),
                modelLimits: configuration.modelLimits(at: name))
        }
        self.providers = providers
        self.defaultProviders = configuration.defaultProviders
        self.clock = clock
        self.listener = listener
        self.metrics = metrics
        self.sharedLimits = sharedLimits
        self.registry = try Registry("targets", capacity: 1_024, listener: listener)
        var configured: [String: RouteTarget] = [:]
        var groups: [String: TargetGroup] = [:]
        for (name, model) in configuration.models {
            var group = TargetGroup(targets: [], weights: [], strategy: model.strategy)
            for target in model.targets {
                guard let provider = providers[target.provider] else { continue }
                let name = "\(target.provider)/\(target.model)"
                let shared =
                    try configured[name]
                    ?? Self.makeTarget(
                        provider, target.model, clock, listener, metrics, sharedLimits)
                configured[name] = shared
                group.targets.append(shared)
                group.weights.append(target.weight ?? 1)
            }
            groups[name] = group
        }
        var routes: [String: Route] = [:]
        for (name, model) in configuration.models {
            guard let own = groups[name], let first = own.targets.first else { continue }
            let general = configuration.standIns(for: [name])
            var alternatives: [Fallback.Kind: [TargetGroup]] = [:]
            for (kind, names) in [
                (Fallback.Kind.contextWindow, model.fallbacks.contextWindow),
                (.contentPolicy, model.fallbacks.contentPolicy),
            ] where !names.isEmpty {
                alternatives[kind] = (names + configuration.standIns(for: names)).compactMap { groups[$0] }
            }
            routes[name] = Route(
                own: own, general: general.compactMap { groups[$0] }, alternatives: alternatives,
                policy: try model.policy.map { try policy($0) } ?? first.policy)
        }
        self.routes = routes
        self.configured = configured
    }

    private static func makeTarget(
        _ provider: Provider, _ model: String, _ clock: any Clock<Duration>, _ listener: (any ResilienceListener)?,
        _ metrics: GatewayMetrics?, _ sharedLimits: SharedLimits?
    ) throws(ConfigurationError) -> RouteTarget {
        let name = "\(provider.state.name)/\(model)"
        let policy = provider.policy
        let limits = TargetLimits(
            name,
            model: try LimitSet(
                name, provider.modelLimits[model], maxWait: policy.maxWait, clock: clock, listener: listener,
                shared: sharedLimits),
            provider: provider.limits, maxWait: policy.maxWait, longestReset: policy.breaker.maxServerHint,
            clock: clock)
        return RouteTarget(
            provider: provider.state, model: model, endpoint: provider.endpoint,
            servesResponses: provider.servesResponses, transport: provider.transport,
            redaction: provider.redaction, policy: policy, budget: try policy.makeBudget(), limits: limits,
            clock: clock, listener: listener, metrics: metrics)
    }

    /// The names that clients can ask for, sorted: configured models, then `provider/model` of their targets.
    var modelNames: [String] {
        routes.keys.sorted() + configured.keys.filter { routes[$0] == nil }.sorted()
    }

    /// The names that a client can ask for.
    func modelNames(for client: ClientKey?) -> [String] {
        guard let client else { return modelNames }
        return modelNames.filter { client.allows($0) }
    }

    /// Whether a model stands in the configuration.
    func isConfigured(_ model: String) -> Bool { routes[model] != nil }

    /// All targets that exist now, sorted by name.
    package var targets: [RouteTarget] {
        (Array(configured.values) + registry.all.values).sorted { $0.name < $1.name }
    }

    /// All sets of limits, those of providers first, each sorted by name.
    var limitSets: [LimitSet] {
        providers.values.compactMap(\.limits).sorted { $0.name < $1.name } + targets.compactMap(\.limits.own)
    }

    /// Whether there is anybody to ask at all.
    var hasProviders: Bool { !providers.isEmpty }

    /// The targets that stand in the configuration.
    var configuredTargets: [RouteTarget] { Array(configured.values) }

    /// The route of a configured model.
    func route(_ model: String) -> Route? { routes[model] }

    /// The route of a model as a client names it.
    ///
    /// - Parameters:
    ///   - model: The client's name of the model.
    ///   - dialect: The client's dialect, which chooses among the providers for models that nobody configured.
    ///   - client: The client's key, which may restrict what can be asked for.
    /// - Throws: ``GatewayError`` when there is no such model.
    func resolve(_ model: String, for dialect: Dialect = .openAI, client: ClientKey? = nil) throws -> Route {
        // What a key may not ask for is as if it were not there.
        if let client, !client.allows(model) { throw unknown(model, client) }
        if let route = routes[model] { return route }
        let (provider, name) = try split(model, dialect, client)
        let group = TargetGroup(targets: [try target(provider, name)], weights: [1], strategy: .ordered)
        return Route(own: group, policy: provider.policy)
    }

    private func target(_ provider: Provider, _ model: String) throws -> RouteTarget {
        let name = "\(provider.state.name)/\(model)"
        if let target = configured[name] { return target }
        do {
            return try registry.policy(named: name) {
                try Self.makeTarget(provider, model, clock, listener, metrics, sharedLimits)
            }
        } catch is RegistryError {
            throw GatewayError(
                .overloaded, "too many different models are in use that are not configured", retryAfter: .seconds(30))
        }
    }

    private func split(
        _ model: String, _ dialect: Dialect, _ client: ClientKey?
    ) throws(GatewayError) -> (Provider, model: String) {
        if let slash = model.firstIndex(of: "/"), let provider = providers[String(model[..<slash])] {
            let name = String(model[model.index(after: slash)...])
            if Self.isPlausible(name) { return (provider, name) }
        } else if Self.isPlausible(model) {
            let candidates = defaultProviders.compactMap { providers[$0] }
            let native = candidates.first { $0.endpoint.dialect == dialect }
            if let provider = native ?? candidates.first { return (provider, model) }
        }
        throw unknown(model, client)
    }

    private func unknown(_ model: String, _ client: ClientKey?) -> GatewayError {
        let known = modelNames(for: client).prefix(20).joined(separator: ", ")
        return GatewayError(
            .modelNotFound, "model: \(model.prefix(128).debugDescription) is not known; available: \(known)",
            parameter: "model")
    }

    /// A target is made for each name, so names that cannot be a model's are refused.
    private static func isPlausible(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200 && !name.split(separator: "/").contains("..")
            && name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
    }

    /// Closes all connections to providers.
    func shutdown() async {
        for provider in providers.values { await provider.transport.shutdown() }
    }
}

extension RouteTarget: Evictable {
    /// A target can be made anew unless a call is running, it has asked for a pause or its circuit breaker refuses calls.
    ///
    /// A failure that its window still holds is no reason to keep it: clients choose these names, and a thousand that fail
    /// must not keep others out.
    package var isEvictable: Bool {
        let now = breaker.timeline.now
        guard inFlight == 0, availability(now: now) == .ready, keys.areUsable(now: now), limits.isEvictable else {
            return false
        }
        let snapshot = breaker.snapshot()
        let isAtRest = snapshot.state == .closed || snapshot.state == .open && snapshot.retryAfter == .zero
        return isAtRest
    }
}

extension ProviderEndpoint {
    /// The endpoint of a configured provider.
    init(_ provider: GatewayConfiguration.Provider) {
        var headers = HTTPFields()
        for (name, value) in provider.headers {
            guard let name = HTTPField.Name(name) else { continue }
            headers[name] = value.reveal()
        }
        self.init(
            provider.kind.dialect, baseURL: provider.baseURL?.description ?? "simulated:",
            apiKeys: provider.keys.map { $0.reveal() }, headers: headers)
    }
}

extension GatewayConfiguration {
    /// The models that take over from these when none of their targets answers, and from those, and so on; without the
    /// models themselves, each once, in the order in which they come up.
    fileprivate func standIns(for names: [String]) -> [String] {
        var seen = Set(names)
        var result: [String] = []
        var waiting = names[...]
        while let name = waiting.popFirst() {
            for next in models[name]?.fallbacks.general ?? [] where seen.insert(next).inserted {
                result.append(next)
                waiting.append(next)
            }
        }
        return result
    }
}

extension GatewayConfiguration.Provider {
    /// Everything that must not appear in an error.
    fileprivate var secrets: [String] {
        (keys + headers.values).map { $0.reveal() }
    }
}
