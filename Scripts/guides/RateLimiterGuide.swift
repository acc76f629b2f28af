private let promptTokens = 1
private let maxTokens = 1
