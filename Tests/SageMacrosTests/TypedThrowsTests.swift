import SageMacros
import SageTesting
import Testing

actor TypedStore {
    private(set) var calls = 0

    @Retry(maxAttempts: 3, initialDelay: .zero, classifier: .retryUnknown)
    func plain() async throws(PlainError) -> Int {
        calls += 1
        throw .failed(calls)
    }

    @Retry(.llm)
    func preset() async throws(PlainError) {}

    @CircuitBreaker("typed", failureThreshold: 1)
    func guarded() async throws(StoreError) {
        calls += 1
        throw .outage(calls)
    }

    @Timeout(.seconds(5))
    @Retry(maxAttempts: 2, initialDelay: .zero, classifier: .retryUnknown)
    func timed() async throws(StoreError) -> Int {
        calls += 1
        throw .outage(calls)
    }

    @Retry(maxAttempts: attempts)
    func computed() async throws(StoreError) {}

    @Retry(maxAttempts: 2, initialDelay: .zero)
    func existential() async throws(any Error) { throw Outage() }
}

let attempts = 0

@Retry(maxAttempts: 2, initialDelay: .zero, classifier: .retryUnknown)
func generic<Failure: Error>(_ error: Failure) async throws(Failure) { throw error }

struct TypedThrowsTests {
    @Test func aRetryAloneThrowsAnyType() async throws {
        try await withRegistry { (_) async throws in
            let store = TypedStore()
            do throws(PlainError) {
                _ = try await store.plain()
            } catch {
                #expect(error == .failed(3))
            }
            #expect(await store.calls == 3)
            try await store.preset()
            await #expect(throws: PlainError.failed(9)) { try await generic(PlainError.failed(9)) }
            await #expect(throws: Outage()) { try await store.existential() }
        }
    }

    @Test func aRetryThatIsCancelledThrowsTheLastError() async throws {
        let clock = TestClock()
        let registry = try ResilienceRegistry(clock: clock)
        let task = Task {
            try await ResilienceRegistry.withCurrent(registry) { try await waiting() }
        }
        await clock.waitForSleepers(1)
        task.cancel()
        await #expect(throws: PlainError.failed(1)) { try await task.value }
    }

    @Test func aRefusalBecomesTheFunctionsError() async throws {
        try await withRegistry { (_) async throws in
            let store = TypedStore()
            do throws(StoreError) {
                try await store.guarded()
            } catch {
                guard case .outage(1) = error else { throw error }
            }
            do throws(StoreError) {
                try await store.guarded()
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                #expect((refusal as? any ResilienceRejection)?.reason == .circuitOpen)
            }
            do throws(StoreError) {
                _ = try await store.timed()
            } catch {
                guard case .outage(3) = error else { throw error }
            }
        }
    }

    @Test func aWrongNumberBecomesTheFunctionsError() async throws {
        try await withRegistry { (_) async throws in
            do throws(StoreError) {
                try await TypedStore().computed()
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                #expect((refusal as? ConfigurationError)?.field == "maxAttempts")
            }
        }
    }
}

@Retry(maxAttempts: 2, initialDelay: .seconds(9), jitter: .none, classifier: .retryUnknown)
func waiting() async throws(PlainError) { throw .failed(1) }
