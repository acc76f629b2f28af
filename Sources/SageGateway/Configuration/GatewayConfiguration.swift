/// Everything that `sage serve` is told by its configuration file, with every default filled in.
///
/// A value from `load` or `embedded` has been checked as a whole: names refer to things that exist, numbers lie within
/// the limits of the policies that they configure. Secrets in it print as `[redacted]`.
package struct GatewayConfiguration: Sendable, Hashable {
    /// The name of the policy that applies where none is named; it always exists.
    package static let defaultPolicy = "default"
    /// The model of the simulated provider.
    package static let simulatedModel = "sage-sim"

    /// Where and how the server listens.
    package var server = Server()
    /// The services that are called, by name.
    package var providers: [String: Provider] = [:]
    /// The models that clients ask for, by name.
    package var models: [String: Model] = [:]
    /// The sets of resilience settings, by name.
    package var policies: [String: Policy] = [defaultPolicy: Policy()]
    /// The keys of clients; without any, every key is accepted.
    package var keys: [ClientKey] = []
    /// Where what must not be lost is kept, and for how long.
    package var storage = Storage()
    /// How memory is searched and what is put into it.
    package var memory = Memory()
    /// How `/chat` answers.
    package var agent = Agent()
    /// What the server tells about itself.
    package var telemetry = Telemetry()
    /// Where the files of stores are kept, and where their relative paths start (`--data-dir`).
    package var dataDirectory = ".sage"
    /// The providers to which a model goes that nobody configured.
    ///
    /// The first that speaks the client's protocol takes it, else the first. There are some only without a file, so that
    /// a team that changes one base URL can keep its models' names.
    package var defaultProviders: [String] = []
    /// What the operator should know although nothing is wrong, one sentence each.
    package var notices: [String] = []

    /// Creates the configuration without any provider.
    package init() {}
}

extension GatewayConfiguration {
    static let fields = FieldTable(
        [
            Field("server", \.server, Server.fields.format),
            Field(
                "providers", \.providers, .named(Provider.fields.format, name: ConfigurationName.checked),
                isRequired: true),
            Field("models", \.models, .named(Model.fields.format, name: ConfigurationName.checkedModel)),
            Field("policies", \.policies, .named(Policy.fields.format, name: ConfigurationName.checked)),
            Field("keys", \.keys, .list(ClientKey.fields.format)),
            Field("storage", \.storage, Storage.fields.format),
            Field("memory", \.memory, Memory.fields.format),
            Field("agent", \.agent, Agent.fields.format),
            Field("telemetry", \.telemetry, Telemetry.fields.format),
        ],
        initial: { GatewayConfiguration() })
}

/// The rules for the names that users give to providers, models and policies.
enum ConfigurationName {
    static func checked(_ name: String) throws(Refusal) -> String {
        // `provider/model` is how targets and breakers are named.
        guard !name.contains("/") else { throw Refusal(message: "is not a valid name; `/` is not allowed in it") }
        return try checkedModel(name)
    }

    static func checkedModel(_ name: String) throws(Refusal) -> String {
        guard !name.isEmpty, name.unicodeScalars.count <= 128, !Printable.hasControlCharacters(name),
            name.first?.isWhitespace == false, name.last?.isWhitespace == false
        else {
            throw Refusal(
                message: "is not a valid name; allowed are 1 to 128 characters "
                    + "without control characters or surrounding spaces")
        }
        return name
    }
}
