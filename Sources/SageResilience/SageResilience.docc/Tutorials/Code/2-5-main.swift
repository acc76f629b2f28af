import SageResilience

let assistant = Assistant(model: ModelClient("primary", failing: 1_000))

for call in 1...5 {
    do {
        print(call, try await assistant.answer("What keeps the doctor away?"))
    } catch let rejection as CircuitBreakerError {
        print(call, "not asked; come back in", rejection.retryAfter ?? .zero)
    } catch {
        print(call, error)
    }
}

let seen = assistant.breaker.snapshot()
print("\(seen.state): \(seen.failures) of \(seen.calls) calls failed, \(seen.rejected) were refused")
