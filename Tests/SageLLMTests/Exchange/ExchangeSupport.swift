import HTTPTypes
import NIOCore
import SageLLM
import SageResilience
import Synchronization
import TestSupport
import Testing

extension ScriptedTransport {
    /// Makes one attempt.
    func start(
        isStream: Bool, choices: Int = 1, limits: ExchangeLimits = ExchangeLimits(),
        redaction: SecretRedaction = .patterns, time: ManualTime = ManualTime(), deadline: Duration? = nil
    ) async throws -> ModelExchange.Answer {
        let exchange = ModelExchange(target: "p/m", transport: self, redaction: redaction) { time.now }
        let request = ProviderEndpoint.openAI(baseURL: "http://test/v1").request(
            .chatCompletions, model: "m",
            body: ByteBuffer(string: "{}"), isStream: isStream)
        return try await exchange.start(
            ModelCall(request, format: .chatCompletions, isStream: isStream, expectedChoices: choices), limits: limits,
            deadline: deadline.map { time.now.advanced(by: $0.saturatingNanoseconds) })
    }

    /// Makes one attempt that must fail.
    func failure(
        isStream: Bool, limits: ExchangeLimits = ExchangeLimits(), time: ManualTime = ManualTime()
    ) async throws -> ProviderError {
        try #require(
            await #expect(throws: ProviderError.self) {
                _ = try await start(isStream: isStream, limits: limits, time: time)
            })
    }

    /// Makes one attempt that must give a stream.
    func stream(
        choices: Int = 1, limits: ExchangeLimits = ExchangeLimits(), time: ManualTime = ManualTime(),
        deadline: Duration? = nil
    ) async throws -> AnswerStream {
        let answer = try await start(isStream: true, choices: choices, limits: limits, time: time, deadline: deadline)
        guard case .stream(let stream) = answer else { throw UnexpectedAnswer() }
        return stream
    }

    /// Makes one attempt that must give a completion.
    func completion(limits: ExchangeLimits = ExchangeLimits()) async throws -> ModelExchange.Completion {
        guard case .completion(let completion) = try await start(isStream: false, limits: limits) else {
            throw UnexpectedAnswer()
        }
        return completion
    }
}

struct UnexpectedAnswer: Error {}

/// A time that passes when a test says so, or by a step whenever it is looked at.
final class ManualTime: Sendable {
    private let passed = Mutex(Duration.zero)
    private let step: Duration

    init(step: Duration = .zero) {
        self.step = step
    }

    var now: Moment {
        passed.withLock { passed in
            passed += step
            return .zero.advanced(by: passed.saturatingNanoseconds)
        }
    }

    func advance(by duration: Duration) {
        passed.withLock { $0 += duration }
    }
}

/// How a stream ended, in a form that can be compared.
enum StreamEnd: Equatable {
    case marked
    case unmarked
    case failed(ProviderError.Kind)
}

extension AnswerStream {
    /// Reads to the end: all bytes, and how it ended.
    consuming func readAll() async throws -> (text: String, end: StreamEnd) {
        var bytes = ByteBuffer()
        while true {
            switch try await next() {
            case .events(var more): bytes.writeBuffer(&more)
            case .end(let missing): return (String(buffer: bytes), missing == nil ? .marked : .unmarked)
            case .failed(let error): return (String(buffer: bytes), .failed(error.kind))
            }
        }
    }
}
