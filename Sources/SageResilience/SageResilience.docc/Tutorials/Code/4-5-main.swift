let assistant = try Assistant(model: ModelClient("primary", failing: 1), spare: ModelClient("spare"))

try await assistant.printWords("What keeps the doctor away?")
