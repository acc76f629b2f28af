import SageStorage

/// The row of a process in the table of owners.
struct OwnerRecord: Sendable, Hashable {
    var id: String
    var identity: HostIdentity
    /// When it last said that it lives, in milliseconds since 1970.
    var heartbeat: Int64
    /// The same moment in milliseconds since its host's boot.
    var uptime: Int64
}

extension OwnerRecord {
    static let columns = "id, host, boot, process, started, heartbeat, uptime"

    /// Nil for a row whose values are of the wrong kinds, which only damage explains.
    init?(_ row: SQLRow) {
        guard let id = row[0].text, let host = row[1].text, let boot = row[2].text, let process = row[3].integer,
            let started = row[4].integer, let heartbeat = row[5].integer, let uptime = row[6].integer
        else { return nil }
        self.id = id
        self.identity = HostIdentity(host: host, boot: boot, process: process, started: started)
        self.heartbeat = heartbeat
        self.uptime = uptime
    }
}
