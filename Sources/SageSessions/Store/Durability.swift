/// What the acknowledgement of one transaction promises, as far as the policy lets it choose.
enum Durability: Sendable, Hashable {
    /// It is on disk.
    case full
    /// It has left the process.
    case relaxed
    /// It is on disk, whatever the policy says.
    case forced
}

extension SyncPolicy {
    /// Whether a transaction need not wait for the disk.
    func allows(_ durability: Durability) -> Bool {
        switch (self, durability) {
        case (.always, _), (_, .forced), (.perTurn, .full): false
        case (.perTurn, .relaxed), (.interval, _): true
        }
    }
}
