import SageResilience

/// Decides which policies have gauges, within a bound for each kind; a pure value.
///
/// Who has gauges keeps them; when places become free, the next in the order of their names get them.
struct GaugePlan: Sendable {
    private let limit: Int
    private var admitted: [PolicyKind: Set<String>] = [:]

    /// - Parameter limit: How many policies of a kind have gauges.
    init(limit: Int) {
        self.limit = limit
    }

    /// The readings that become gauges; a policy that is not among them any more gives its place up.
    mutating func choose(_ policies: [PolicyReadings]) -> [Reading] {
        let kinds = Dictionary(grouping: policies, by: \.policy.kind)
        var chosen: [PolicyKind: Set<String>] = [:]
        for (kind, policies) in kinds {
            let present = Set(policies.map(\.policy.name))
            var names = admitted[kind, default: []].intersection(present)
            if names.count < limit {
                names.formUnion(present.subtracting(names).sorted().prefix(limit - names.count))
            }
            chosen[kind] = names
        }
        admitted = chosen
        return policies.flatMap { policy in
            chosen[policy.policy.kind]?.contains(policy.policy.name) == true ? policy.readings : []
        }
    }
}
