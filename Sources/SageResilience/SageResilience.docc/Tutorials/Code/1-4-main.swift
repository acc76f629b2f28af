let model = ModelClient("primary", failing: 2)
let question = "What keeps the doctor away?"

print(try await model.answer(question))
