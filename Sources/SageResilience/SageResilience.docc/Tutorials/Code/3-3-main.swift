let assistant = try Assistant(model: ModelClient("primary", failing: 2))

print(assistant.pipeline.describe())
for warning in assistant.pipeline.warnings { print(warning) }

print(try await assistant.answer("What keeps the doctor away?"))
