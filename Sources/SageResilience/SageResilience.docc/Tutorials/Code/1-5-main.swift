import SageResilience

let model = ModelClient("primary", failing: 2)
let question = "What keeps the doctor away?"

let retry = RetryPolicy("model", .default)
print(try await retry.execute { try await model.answer(question) })
