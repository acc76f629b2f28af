private struct Prompt {
    let estimatedTokens = 1
}

private let prompt = Prompt()
