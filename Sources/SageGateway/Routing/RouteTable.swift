import HTTPTypes
import SageLLM
import SageResilience

/// What the models that clients ask for lead to.
package struct RouteTable: Sendable {
    /// A model that clients can ask for.
    struct Route: Sendable {
        /// The targets, the preferred one first.
        var targets: [RouteTarget]
        /// The models for requests that this one cannot serve.
        var fallbacks: GatewayConfiguration.Model.Fallbacks
        /// The policy of a whole request: its deadline and its attempts.
        var policy: TargetPolicy
    }

    /// A provider, from which targets are made.
    private struct Provider: Sendable {
        let name: String
        let endpoint: OpenAIEndpoint
        let transport: any UpstreamTransport
        let redaction: SecretRedaction
        let policy: TargetPolicy
    }

    private let routes: [String: Route]
    private let providers: [String: Provider]
    /// Where a model goes that nobody configured and that names no provider; nil refuses it.
    private let defaultProvider: String?
    /// The targets that stand in the configuration, which are never forgotten.
    private let configured: [String: RouteTarget]
    /// The targets made for `provider/model` names at run time; bounded, since clients choose these names.
    private let registry: Registry<RouteTarget>
    private let clock: any Clock<Duration>
    private let listener: (any ResilienceListener)?

    /// Builds the table.
    ///
    /// - Parameters:
    ///   - configuration: The configuration.
    ///   - transports: Makes the transport of a provider.
    ///   - clock: The clock of the circuit breakers. Defaults to `ContinuousClock`.
    ///   - listener: Receives the events of all policies.
    /// - Throws: ``ConfigurationError`` for what the engine refuses.
    init(
        _ configuration: GatewayConfiguration,
        transports: (GatewayConfiguration.Provider, TargetPolicy) -> any UpstreamTransport,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)?
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
            providers[name] = Provider(
                name: name, endpoint: OpenAIEndpoint(provider), transport: transports(provider, policy),
                redaction: SecretRedaction(knownSecrets: provider.secrets), policy: policy)
        }
        self.providers = providers
        self.defaultProvider = configuration.defaultProvider
        self.clock = clock
        self.listener = listener
        self.registry = try Registry("targets", capacity: 1_024, listener: listener)
        var routes: [String: Route] = [:]
        var configured: [String: RouteTarget] = [:]
        for (name, model) in configuration.models {
            var targets: [RouteTarget] = []
            for target in model.targets {
                guard let provider = providers[target.provider] else { continue }
                let name = "\(target.provider)/\(target.model)"
                let shared = try configured[name] ?? Self.makeTarget(provider, target.model, clock, listener)
                configured[name] = shared
                targets.append(shared)
            }
            guard let first = targets.first else { continue }
            routes[name] = Route(
                targets: targets, fallbacks: model.fallbacks,
                policy: try model.policy.map { try policy($0) } ?? first.policy)
        }
        self.routes = routes
        self.configured = configured
    }

    private static func makeTarget(
        _ provider: Provider, _ model: String, _ clock: any Clock<Duration>, _ listener: (any ResilienceListener)?
    ) throws(ConfigurationError) -> RouteTarget {
        try RouteTarget(
            provider: provider.name, model: model, endpoint: provider.endpoint, transport: provider.transport,
            redaction: provider.redaction, policy: provider.policy, clock: clock,
            listener: listener)
    }

    /// The names that clients can ask for, sorted: configured models, then `provider/model` of their targets.
    var modelNames: [String] {
        routes.keys.sorted() + configured.keys.filter { routes[$0] == nil }.sorted()
    }

    /// Whether a model stands in the configuration.
    func isConfigured(_ model: String) -> Bool { routes[model] != nil }

    /// All targets that exist now, sorted by name.
    package var targets: [RouteTarget] {
        (Array(configured.values) + registry.all.values).sorted { $0.name < $1.name }
    }

    /// Whether there is anybody to ask at all.
    var hasProviders: Bool { !providers.isEmpty }

    /// The targets that stand in the configuration.
    var configuredTargets: [RouteTarget] { Array(configured.values) }

    /// The route of a configured model.
    func route(_ model: String) -> Route? { routes[model] }

    /// The route of a model as a client names it.
    ///
    /// - Throws: ``GatewayError`` when there is no such model.
    func resolve(_ model: String) throws -> Route {
        if let route = routes[model] { return route }
        let (provider, name) = try split(model)
        return Route(targets: [try target(provider, name)], fallbacks: .init(), policy: provider.policy)
    }

    private func target(_ provider: Provider, _ model: String) throws -> RouteTarget {
        let name = "\(provider.name)/\(model)"
        if let target = configured[name] { return target }
        do {
            return try registry.policy(named: name) { try Self.makeTarget(provider, model, clock, listener) }
        } catch is RegistryError {
            throw GatewayError(
                .overloaded, "too many different models are in use that are not configured", retryAfter: .seconds(30))
        }
    }

    private func split(_ model: String) throws(GatewayError) -> (Provider, model: String) {
        if let slash = model.firstIndex(of: "/"), let provider = providers[String(model[..<slash])] {
            let name = String(model[model.index(after: slash)...])
            if Self.isPlausible(name) { return (provider, name) }
        } else if let defaultProvider, let provider = providers[defaultProvider], Self.isPlausible(model) {
            return (provider, model)
        }
        let known = modelNames.prefix(20).joined(separator: ", ")
        throw GatewayError(
            .modelNotFound, "model: \(model.prefix(128).debugDescription) is not known; available: \(known)",
            parameter: "model")
    }

    /// A target is made for each name, so names that cannot be a model's are refused.
    private static func isPlausible(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200
            && name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
    }

    /// Closes all connections to providers.
    func shutdown() async {
        for provider in providers.values { await provider.transport.shutdown() }
    }
}

extension RouteTarget: Evictable {
    /// After this time without a failure a target may be forgotten although its window still holds one.
    private static let memory = Duration.seconds(600)

    /// A target can be made anew unless a call is running, it has asked for a pause, its circuit breaker refuses calls,
    /// or it has failed lately.
    package var isEvictable: Bool {
        guard inFlight == 0, pausedUntil <= breaker.timeline.now else { return false }
        let snapshot = breaker.snapshot()
        let isAtRest = snapshot.state == .closed || snapshot.state == .open && snapshot.retryAfter == .zero
        return isAtRest && snapshot.lastFailure.map { $0.age > Self.memory } ?? true
    }
}

extension OpenAIEndpoint {
    fileprivate init(_ provider: GatewayConfiguration.Provider) {
        var headers = HTTPFields()
        for (name, value) in provider.headers {
            guard let name = HTTPField.Name(name) else { continue }
            headers[name] = value.reveal()
        }
        self.init(
            baseURL: provider.baseURL?.description ?? "simulated:", apiKey: provider.apiKey?.reveal(), headers: headers)
    }
}

extension GatewayConfiguration.Provider {
    /// Everything that must not appear in an error.
    fileprivate var secrets: [String] {
        ([apiKey].compactMap(\.self) + headers.values).map { $0.reveal() }
    }
}
