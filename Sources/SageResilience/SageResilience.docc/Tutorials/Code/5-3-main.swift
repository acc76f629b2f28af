let assistant = try Assistant(
    model: ModelClient("primary", failing: 1_000), spare: ModelClient("spare"), listener: EventPrinter())

for call in 1...3 {
    print(call, try await assistant.answer("What keeps the doctor away?"))
}
