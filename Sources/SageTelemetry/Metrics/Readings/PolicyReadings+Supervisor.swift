import SageResilience

extension PolicyReadings {
    /// The gauges of a supervisor, and those of the supervisors that run as its children.
    static func all(_ snapshot: Supervisor.Snapshot) -> [PolicyReadings] {
        let states = Dictionary(grouping: snapshot.children, by: \.state).mapValues(\.count)
        let children = Child.State.allCases.map { state in
            Reading(
                "sage_supervisor_children", ["supervisor": snapshot.name, "state": state.rawValue],
                Double(states[state, default: 0]))
        }
        let own = [
            Reading("sage_supervisor_up", ["supervisor": snapshot.name], snapshot.state == .running ? 1 : 0),
            Reading(
                "sage_supervisor_restarts_in_window", ["supervisor": snapshot.name], Double(snapshot.restartsInWindow)),
            Reading(
                "sage_supervisor_unresponsive_children", ["supervisor": snapshot.name],
                Double(snapshot.children.count(where: \.isUnresponsive))),
        ]
        let readings = PolicyReadings(policy: PolicyIdentity(.supervisor, snapshot.name), readings: own + children)
        return [readings] + snapshot.children.compactMap(\.supervisor).flatMap(all)
    }
}
