import SageGateway
import SageLLM

/// What there is to say about a configuration.
struct ConfigurationCheck {
    private let configuration: GatewayConfiguration

    init(_ configuration: GatewayConfiguration) {
        self.configuration = configuration
    }

    /// What the configuration holds, for one line.
    var summary: String {
        [
            count(configuration.providers.count, "provider", "providers"),
            count(configuration.models.count, "model", "models"),
            count(configuration.policies.count, "policy", "policies"),
        ].joined(separator: ", ")
    }

    /// What the operator should know although nothing is wrong.
    var notices: [String] {
        guard !configuration.server.isLoopback, configuration.keys.isEmpty else { return configuration.notices }
        return configuration.notices + [
            "server.host is \(configuration.server.host), which others can reach, and no API keys are configured; "
                + "sage serve refuses that without --insecure-no-auth"
        ]
    }

    /// The result of a check as JSON.
    static func json(file: String, problems: [ConfigurationFileError.Problem], notices: [String]) -> JSONValue {
        [
            "file": .string(file),
            "valid": .bool(problems.isEmpty),
            "problems": .array(
                problems.map { problem in
                    [
                        "line": problem.line.map { .integer(Int64($0)) } ?? .null,
                        "column": problem.column.map { .integer(Int64($0)) } ?? .null,
                        "field": problem.field.isEmpty ? .null : .string(problem.field),
                        "message": .string(problem.message),
                    ]
                }),
            "notices": .array(notices.map(JSONValue.string)),
        ]
    }

    private func count(_ number: Int, _ singular: String, _ plural: String) -> String {
        "\(number) \(number == 1 ? singular : plural)"
    }
}
