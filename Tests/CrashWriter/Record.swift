import SageSessions

/// One line of what a writer tells: what it is about to do, or what was acknowledged.
struct Record: Sendable {
    enum Phase: String {
        case attempt = "try"
        case acknowledged = "ack"
    }

    /// What is done.
    enum Operation: String {
        // To conversations.
        case message, partial, toolStarted, toolFinished, turnEnded, compaction, fork, transfer, delete
        // To memory.
        case remember, forget, embed, reindex
        // To plain rows.
        case insert
        // To the file.
        case maintain
    }

    var phase: Phase
    var operation: Operation
    /// The conversation, or the namespace of memory.
    var session: String
    /// The text by which the entry is found again; of a copy its id.
    var token = ""
    /// The place of the entry; of a copy the last copied one.
    var seq: Int64 = 0

    var line: String {
        var fields = [
            JSONField("op", .string(operation.rawValue)), JSONField("session", .string(session)),
            JSONField("token", .string(token)),
        ]
        if seq > 0 { fields.append(JSONField("seq", .integer(seq))) }
        return "\(phase.rawValue) \(JSONNode.object(fields).description)\n"
    }

    init(
        _ phase: Phase, _ operation: Operation, _ session: String, token: String = "", seq: Int64 = 0
    ) {
        self.phase = phase
        self.operation = operation
        self.session = session
        self.token = token
        self.seq = seq
    }

    /// Nil for lines that tell something else, and for one that was cut off.
    init?(line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let phase = Phase(rawValue: String(parts[0])),
            let json = try? JSONNode(parsing: Array(parts[1].utf8)),
            let operation = json["op"]?.stringValue.flatMap(Operation.init), let session = json["session"]?.stringValue,
            let token = json["token"]?.stringValue
        else { return nil }
        self.init(phase, operation, session, token: token, seq: json["seq"]?.integerValue ?? 0)
    }

    /// Writes the line at once, whatever happens next.
    func say() { Output.write(line) }

    /// The records among the lines of standard input.
    static func all() -> [Record] {
        var records: [Record] = []
        while let line = readLine() {
            if let record = Record(line: line[...]) { records.append(record) }
        }
        return records
    }
}
