import SageResilience
import SageTesting
import Testing

struct ListenerGroupTests {
    @Test func tellsEachListenerEachEventInOrder() {
        let (first, second) = (EventRecorder(), EventRecorder())
        let group = ListenerGroup([first, ListenerGroup([]), second])
        let policy = PolicyIdentity(.registry, "r")
        for sequence in 1...3 as ClosedRange<UInt64> {
            group.receive(ResilienceEvent(policy: policy, sequence: sequence, kind: .hedgeRefused))
        }
        #expect(first.events.map(\.sequence) == [1, 2, 3])
        #expect(second.events.map(\.sequence) == [1, 2, 3])
    }

    private struct Secret: Error, CustomStringConvertible {
        var description: String { "sk-secret" }
    }

    @Test(
        "an event describes itself without the text of its error",
        arguments: [
            (
                .retryScheduled(attempt: 2, delay: .seconds(1), error: Secret()),
                "attempt 2 in 1.0 seconds, after Secret"
            ),
            (
                .retryStopped(attempts: 3, reason: .attemptsExhausted, error: Secret()),
                "gave up after 3 attempts: attempts_exhausted, Secret"
            ),
            (
                .retryStopped(attempts: 1, reason: .permanent, error: Secret()),
                "gave up after 1 attempt: permanent, Secret"
            ),
            (.fallbackUsed(alternative: 1, error: Secret()), "alternative 1 after Secret"),
            (.childEnded(child: "c", error: Secret()), "'c' ended with Secret"),
            (.childEnded(child: "c", error: nil), "'c' ended"),
            (.circuitBreakerRejected(.circuitOpen), "refused a call: circuit_open"),
            (.bulkheadRejected(.queueFull, priority: .high), "refused a call of high priority: queue_full"),
        ] as [(ResilienceEvent.Kind, String)])
    func describesItself(kind: ResilienceEvent.Kind, expected: String) {
        let event = ResilienceEvent(policy: PolicyIdentity(.circuitBreaker, "openai"), sequence: 7, kind: kind)
        #expect("\(event)" == "circuit breaker 'openai' #7: \(expected)")
    }
}
