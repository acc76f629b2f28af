private let key = ""
private let messages: [ChatMessage] = []
