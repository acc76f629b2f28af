/// How a model of Anthropic's is asked to think, and how long its answer may be.
struct MessagesThinkingPlan: Sendable, Hashable {
    /// The least budget that Anthropic takes.
    private static let minimumBudget = 1_024

    /// The value of `thinking`; nil leaves it out.
    private(set) var json: JSONValue?
    /// The value of `output_config.effort`.
    private(set) var effort: String?
    /// The value of `max_tokens`.
    private(set) var maxTokens: Int

    /// Whether the model is asked to think.
    var isThinking: Bool { json != nil && json?["type"] != "disabled" }

    /// Decides, and notes what has to be dropped.
    init(_ request: inout NeutralRequest) {
        maxTokens = request.maxTokens ?? MessagesTranslation.defaultMaxTokens
        guard let reasoning = request.reasoning else { return }
        let model = ClaudeModel(request.model)
        switch reasoning {
        case .disabled:
            if model.isTunable { json = ["type": "disabled"] } else { request.drop("reasoning_effort") }
        case .adaptive, .effort, .budget:
            // Anthropic refuses to think before a call that is forced.
            if Self.forcesTool(request) {
                request.drop("reasoning_effort")
            } else if model.thinksAdaptively {
                thinkAdaptively(reasoning, request)
            } else {
                think(within: Self.budget(reasoning), &request)
            }
        }
    }

    private mutating func thinkAdaptively(_ reasoning: NeutralReasoning, _ request: NeutralRequest) {
        json = ["type": "adaptive"]
        effort =
            switch reasoning {
            case .effort("minimal"): "low"
            case .effort(let word): word
            case .budget(let tokens): tokens <= 2_048 ? "low" : tokens <= 8_192 ? "medium" : "high"
            case .adaptive, .disabled: nil
            }
        if request.maxTokens == nil { maxTokens += MessagesTranslation.defaultThinkingTokens }
    }

    private mutating func think(within budget: Int, _ request: inout NeutralRequest) {
        // A call whose thinking is not there any more cannot be continued by a model that thinks.
        guard !Self.continuesCallWithoutThinking(request) else { return request.drop("reasoning_effort") }
        var budget = budget
        if let limit = request.maxTokens {
            // The limit holds for thinking and answer together, and leaves half for the answer.
            guard limit > Self.minimumBudget else { return request.drop("reasoning_effort") }
            budget = max(Self.minimumBudget, min(budget, limit / 2))
        } else {
            maxTokens = maxTokens.addingReportingOverflow(budget).partialValue
        }
        json = ["type": "enabled", "budget_tokens": .integer(Int64(budget))]
    }

    private static func budget(_ reasoning: NeutralReasoning) -> Int {
        switch reasoning {
        case .budget(let tokens): max(minimumBudget, min(tokens, 1 << 20))
        case .effort("minimal"): 1_024
        case .effort("low"): 2_048
        case .effort("medium"), .adaptive, .disabled: 8_192
        case .effort("high"): 16_384
        case .effort: 20_480
        }
    }

    private static func forcesTool(_ request: NeutralRequest) -> Bool {
        guard !request.tools.isEmpty else { return false }
        return switch request.toolChoice {
        case .required, .tool: true
        case nil, .auto, .some(.none): false
        }
    }

    private static func continuesCallWithoutThinking(_ request: NeutralRequest) -> Bool {
        guard let last = request.messages.last(where: { $0.role == .assistant }) else { return false }
        let calls = last.parts.contains { if case .toolCall = $0 { true } else { false } }
        let isSigned = last.parts.contains { part in
            switch part {
            case .thinking(_, let signature): signature.map { !ThoughtSignature.isGemini($0) } ?? false
            case .redactedThinking: true
            default: false
            }
        }
        return calls && !isSigned
    }
}
