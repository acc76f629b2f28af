extension GatewayConfiguration {
    /// A name that clients ask for, and the providers' models that can answer.
    package struct Model: Sendable, Hashable {
        /// How one of the targets is chosen.
        package enum Strategy: String, Sendable, Hashable, CaseIterable {
            /// The first one that is able to answer, in the order of the file.
            case ordered
            /// By chance, in proportion to the weights.
            case weighted
            /// The one with the fewest calls in flight for its weight.
            case leastBusy
            /// The faster one of two drawn at random.
            case latency

            /// Whether the targets' weights count.
            var weighs: Bool { self == .weighted || self == .leastBusy }
        }

        /// A model of a provider.
        package struct Target: Sendable, Hashable {
            /// The provider's name in this configuration.
            package var provider: String
            /// The model's name at the provider.
            package var model: String
            /// The share of requests, for strategies that weigh; nil where none is written.
            package var weight: Int?
            /// How much the target may be asked for, by all models of the file that lead to it together.
            package var limits: Limits?

            /// Creates a target.
            package init(provider: String, model: String, weight: Int? = nil, limits: Limits? = nil) {
                self.provider = provider
                self.model = model
                self.weight = weight
                self.limits = limits
            }
        }

        /// Models that take over from this one.
        package struct Fallbacks: Sendable, Hashable {
            /// Where a request goes when none of this model's targets answers.
            package var general: [String] = []
            /// Where a request goes that is too long for this model.
            package var contextWindow: [String] = []
            /// Where a request goes that this model's content filter refuses.
            package var contentPolicy: [String] = []

            /// Creates empty lists.
            package init() {}

            /// The lists with their names in the file.
            var named: [(name: String, models: [String])] {
                [("general", general), ("contextWindow", contextWindow), ("contentPolicy", contentPolicy)]
            }
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
    static let fields = FieldTable(
        [
            Field("targets", \.targets, .list(Target.fields.format), isRequired: true),
            Field("strategy", \.strategy, .word()),
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
            Field("limits", optional: \.limits, GatewayConfiguration.Limits.fields.format),
        ],
        initial: { GatewayConfiguration.Model.Target(provider: "", model: "") })
}

extension GatewayConfiguration.Model.Fallbacks {
    static let fields = FieldTable(
        [
            Field("general", \.general, .list(.text)),
            Field("contextWindow", \.contextWindow, .list(.text)),
            Field("contentPolicy", \.contentPolicy, .list(.text)),
        ],
        initial: { GatewayConfiguration.Model.Fallbacks() })
}
