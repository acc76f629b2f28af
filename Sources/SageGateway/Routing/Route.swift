import SageResilience

extension RouteTable {
    /// Targets among which a strategy chooses: those of one model.
    struct TargetGroup: Sendable {
        /// The targets in the order of the configuration.
        var targets: [RouteTarget]
        /// Their weights.
        var weights: [Int]
        /// How one of them is chosen.
        var strategy: GatewayConfiguration.Model.Strategy

        /// The targets in the order in which a request goes to them.
        func ordered(isStream: Bool, now: Moment, random: RandomSource) -> [RouteTarget] {
            guard targets.count > 1 else { return targets }
            let candidates = targets.enumerated().map { position, target in
                TargetOrder.Candidate(
                    isAvailable: target.isCallable(now: now), weight: weights[position], inFlight: target.inFlight,
                    latency: strategy == .latency ? target.latency(isStream: isStream, now: now) : nil)
            }
            if strategy == .ordered, candidates.allSatisfy(\.isAvailable) { return targets }
            return TargetOrder.positions(strategy, of: candidates, random: random).map { targets[$0] }
        }
    }

    /// A model that clients can ask for.
    struct Route: Sendable {
        /// The model's own targets.
        var own: TargetGroup
        /// Those of the models that take over when none of the model's own answers, their own such models included.
        var general: [TargetGroup] = []
        /// Those of the models that take over requests which this one cannot serve.
        var alternatives: [Fallback.Kind: [TargetGroup]] = [:]
        /// The policy of a whole request: its deadline and its attempts.
        var policy: TargetPolicy

        /// The model's own targets in the order of the configuration.
        var targets: [RouteTarget] { own.targets }

        /// Where a request may go, in its order.
        ///
        /// - Parameters:
        ///   - isStream: Whether the answer is a stream.
        ///   - allowsFallback: Whether more than one target may be called.
        ///   - now: The present.
        ///   - random: Where chance comes from.
        func candidates(
            isStream: Bool, allowsFallback: Bool, now: Moment, random: RandomSource
        ) -> RouteCandidates {
            var own = own.ordered(isStream: isStream, now: now, random: random)
            guard allowsFallback else { return RouteCandidates(own: Array(own.prefix(1))) }
            guard !general.isEmpty || !alternatives.isEmpty else { return RouteCandidates(own: own) }
            let ownCount = own.count
            // A target counts once, wherever it is named.
            func add(_ groups: [TargetGroup]) -> [Int] {
                var positions: [Int] = []
                for target in groups.flatMap({ $0.ordered(isStream: isStream, now: now, random: random) }) {
                    let position = own.firstIndex { $0 === target } ?? own.count
                    if position == own.count { own.append(target) }
                    if !positions.contains(position) { positions.append(position) }
                }
                return positions
            }
            _ = add(general)
            let generalCount = own.count
            var positions: [Fallback.Kind: [Int]] = [:]
            for kind in [Fallback.Kind.contextWindow, .contentPolicy] {
                if let groups = alternatives[kind] { positions[kind] = add(groups) }
            }
            return RouteCandidates(
                targets: own, ownCount: ownCount, usualCount: generalCount, alternatives: positions)
        }
    }
}

/// Where one request may go: targets in its order, and what each part of the list is for.
struct RouteCandidates: Sendable {
    /// All of them: first the model's own, then those that take over generally, then the rest of the alternatives.
    let targets: [RouteTarget]
    /// How many are the model's own.
    let ownCount: Int
    /// How many are the model's own or take over generally.
    let usualCount: Int
    /// The positions of those for requests that the model cannot serve, by kind.
    let alternatives: [Fallback.Kind: [Int]]

    init(targets: [RouteTarget], ownCount: Int, usualCount: Int, alternatives: [Fallback.Kind: [Int]]) {
        self.targets = targets
        self.ownCount = ownCount
        self.usualCount = usualCount
        self.alternatives = alternatives
    }

    init(own: [RouteTarget]) {
        self.init(targets: own, ownCount: own.count, usualCount: own.count, alternatives: [:])
    }
}
