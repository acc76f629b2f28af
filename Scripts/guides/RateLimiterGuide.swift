private let promptTokens = 1
private let maxTokens = 1
private func send(_ request: Request) async throws {}
