/// What the first word of an error reply means.
struct RedisReplyMeaning: Sendable {
    let problem: StorageError.Problem
    let text: String
    let remedy: String?
    /// Whether the server's own text says more and holds no arguments.
    let quotes: Bool

    private init(_ problem: StorageError.Problem, _ text: String, _ remedy: String? = nil, quotes: Bool = false) {
        self.problem = problem
        self.text = text
        self.remedy = remedy
        self.quotes = quotes
    }

    func message(_ reply: String) -> String {
        quotes ? "\(text): \(StorageText.printable(reply.drop { $0 != " " }.dropFirst()))" : text
    }

    static let all: [String: RedisReplyMeaning] = {
        let cluster = RedisReplyMeaning(
            .statement, "the server is a node of a cluster, and the key belongs to another node",
            "Use a server without cluster mode, or a proxy that speaks for the whole cluster")
        return [
            "NOAUTH": .init(
                .authentication, "the server wants a login",
                "Put the password into the URL: redis://:password@host or redis://user:password@host"),
            "WRONGPASS": .init(
                .authentication, "the server does not accept the user or the password",
                "Correct the user and the password of the URL, percent-encoded; ACL LIST shows the users"),
            "NOPERM": .init(
                .privilege, "the user may not do this", "Grant it with ACL SETUSER", quotes: true
            ),
            "DENIED": .init(
                .privilege,
                "the server is in protected mode and takes connections from its own host only",
                "Set a password (requirepass or ACL SETUSER) and log in with it"),
            "LOADING": .init(.starting, "the server is loading its data"),
            "MASTERDOWN": .init(.starting, "the server is a replica that has lost its primary"),
            "BUSY": .init(
                .busy, "the server is busy running somebody's script",
                "SCRIPT KILL ends a script that has written nothing yet"),
            "READONLY": .init(
                .readOnly, "the server is a replica and takes no writes",
                "Use the address of the primary, or make this server one with REPLICAOF NO ONE"),
            "MISCONF": .init(
                .readOnly, "the server takes no writes because it could not save its data",
                "See the server's log, its disk and its 'dir'"),
            "NOREPLICAS": .init(
                .readOnly, "the server takes no writes because too few replicas are connected",
                "Start the replicas, or lower min-replicas-to-write"),
            "OOM": .init(
                .full, "the server has used its memory up",
                "Raise maxmemory, or remove what is not needed"),
            "WRONGTYPE": .init(
                .statement, "the key holds a value of another type",
                "Another program may use the same keys: use a database or a prefix of its own"),
            "NOSCRIPT": .init(.statement, "the server does not have the script"),
            "EXECABORT": .init(.statement, "a command of the transaction was refused"),
            "NOPROTO": .init(.statement, "the server does not speak this protocol version"),
            "CROSSSLOT": .init(
                .statement, "the server is a node of a cluster, and the keys belong to several nodes",
                cluster.remedy),
            "CLUSTERDOWN": .init(.starting, "the server's cluster is down"),
            "MOVED": cluster,
            "ASK": cluster,
            "TRYAGAIN": .init(.busy, "the server is moving the key to another node"),
        ]
    }()
}
