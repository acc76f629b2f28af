package import SageResilience

/// In which order a request goes to the targets of a model.
///
/// Targets that cannot be called now come last, in the order that they would have had among themselves; so they cost
/// nothing, and the shares of the others are not moved by them.
package enum TargetOrder {
    /// What a strategy knows about a target.
    package struct Candidate: Sendable, Hashable {
        /// Whether it can be called now.
        package var isAvailable = true
        /// Its share, 1 or more.
        package var weight = 1
        /// The calls to it that are running.
        package var inFlight = 0
        /// How long it takes to answer, in nanoseconds; nil when nothing is known.
        package var latency: Double?

        /// Creates what is known about a target.
        package init(isAvailable: Bool = true, weight: Int = 1, inFlight: Int = 0, latency: Double? = nil) {
            self.isAvailable = isAvailable
            self.weight = weight
            self.inFlight = inFlight
            self.latency = latency
        }

        /// What another call would cost, as Finagle's balancer reckons: the usual time for each call in the queue.
        ///
        /// A target of which nothing is known is free, so that it gets found out; but one call must tell, not a hundred.
        fileprivate var cost: Double {
            if let latency { return latency * Double(inFlight + 1) }
            return inFlight == 0 ? 0 : 1e15 + Double(inFlight)
        }
    }

    /// The positions of the targets in the order to try them.
    ///
    /// - Parameters:
    ///   - strategy: How to choose.
    ///   - candidates: The targets in the order of the configuration.
    ///   - random: Where chance comes from.
    package static func positions(
        _ strategy: GatewayConfiguration.Model.Strategy, of candidates: [Candidate], random: RandomSource
    ) -> [Int] {
        let all = Array(candidates.indices)
        let available = all.filter { candidates[$0].isAvailable }
        guard available.count < all.count else { return order(strategy, all, candidates, random) }
        return order(strategy, available, candidates, random)
            + order(strategy, all.filter { !candidates[$0].isAvailable }, candidates, random)
    }

    private static func order(
        _ strategy: GatewayConfiguration.Model.Strategy, _ positions: [Int], _ candidates: [Candidate],
        _ random: RandomSource
    ) -> [Int] {
        guard positions.count > 1 else { return positions }
        switch strategy {
        case .ordered:
            return positions
        case .weighted:
            return weighted(positions, candidates, random)
        case .leastBusy:
            // Equally busy ones share by weight; the sort keeps their order.
            let load = { (position: Int) in Double(candidates[position].inFlight) / Double(candidates[position].weight)
            }
            return weighted(positions, candidates, random).stablySorted(by: load)
        case .latency:
            return betterOfTwo(positions, candidates, random)
        }
    }

    /// Draws one after the other without putting back, each with the chance of its weight among those that are left.
    ///
    /// One number for each target does it (Efraimidis and Spirakis, 2006): the waiting times of events that come at
    /// rates of the weights are in this order.
    private static func weighted(_ positions: [Int], _ candidates: [Candidate], _ random: RandomSource) -> [Int] {
        var arrivals = Array(repeating: 0.0, count: candidates.count)
        for position in positions {
            arrivals[position] = random.exponential() / Double(max(1, candidates[position].weight))
        }
        return positions.stablySorted { arrivals[$0] }
    }

    /// Draws two at random and takes the one that costs less, again and again (Mitzenmacher, 2001): nearly as good as
    /// the best of all, without sending everybody to it at once.
    private static func betterOfTwo(_ positions: [Int], _ candidates: [Candidate], _ random: RandomSource) -> [Int] {
        var left = positions
        var result: [Int] = []
        result.reserveCapacity(left.count)
        while left.count > 1 {
            let first = random.index(below: left.count)
            let other = random.index(below: left.count - 1)
            let second = other < first ? other : other + 1
            let isSecondBetter = candidates[left[second]].cost < candidates[left[first]].cost
            result.append(left.remove(at: isSecondBetter ? second : first))
        }
        return result + left
    }
}

extension Array {
    /// The elements by rising key; equal ones keep their order, which the standard library's sort does not promise.
    fileprivate func stablySorted(by key: (Element) -> Double) -> [Element] {
        enumerated().map { (key($0.element), $0.offset, $0.element) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }
}
