private let openai = Client()
private let anthropic = Client()
private let local = Client()
