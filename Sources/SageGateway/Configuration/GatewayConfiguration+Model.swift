extension GatewayConfiguration {
    /// A name that clients ask for, and the providers' models that can answer.
    package struct Model: Sendable, Hashable {
        /// How one of the targets is chosen.
        package enum Strategy: String, Sendable, Hashable, CaseIterable {
            /// The first one that is able to answer, in the order of the file.
            case ordered
        }

        /// A model of a provider.
        package struct Target: Sendable, Hashable {
            /// The provider's name in this configuration.
            package var provider: String
            /// The model's name at the provider.
            package var model: String
            /// The share of requests, for strategies that weigh; nil where none is written.
            package var weight: Int?

            /// Creates a target.
            package init(provider: String, model: String, weight: Int? = nil) {
                self.provider = provider
                self.model = model
                self.weight = weight
            }
        }

        /// Models that take over what this one refuses for a reason that waiting does not mend.
        package struct Fallbacks: Sendable, Hashable {
            /// Where a request goes that is too long for this model.
            package var contextWindow: [String] = []
            /// Where a request goes that this model's content filter refuses.
            package var contentPolicy: [String] = []

            /// Creates empty lists.
            package init() {}
        }

        /// The targets in order; never empty.
        package var targets: [Target]
        /// How one of the targets is chosen.
        package var strategy = Strategy.ordered
        /// The policy for requests to this model; nil takes that of the first target's provider.
        package var policy: String?
        /// The models that take over.
        package var fallbacks = Fallbacks()

        /// Creates a model.
        ///
        /// - Parameter targets: The targets in order.
        package init(targets: [Target]) { self.targets = targets }
    }
}

extension GatewayConfiguration.Model {
    /// Strategies that the file format has, but not in this version.
    static let laterStrategies = ["weighted", "leastBusy", "latency"]

    static let fields = FieldTable(
        [
            Field("targets", \.targets, .list(Target.fields.format), isRequired: true),
            Field("strategy", \.strategy, .word(later: laterStrategies)),
            Field("policy", optional: \.policy, .text),
            Field("fallbacks", \.fallbacks, Fallbacks.fields.format),
        ],
        initial: { GatewayConfiguration.Model(targets: []) })
}

extension GatewayConfiguration.Model.Target {
    static let fields = FieldTable(
        [
            Field("provider", \.provider, .text, isRequired: true),
            Field("model", \.model, .text, isRequired: true),
            Field("weight", optional: \.weight, .integer(1...1_000_000)),
        ],
        initial: { GatewayConfiguration.Model.Target(provider: "", model: "") })
}

extension GatewayConfiguration.Model.Fallbacks {
    static let fields = FieldTable(
        [
            Field("contextWindow", \.contextWindow, .list(.text)),
            Field("contentPolicy", \.contentPolicy, .list(.text)),
        ],
        initial: { GatewayConfiguration.Model.Fallbacks() })
}
