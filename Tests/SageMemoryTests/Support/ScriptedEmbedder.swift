import SageMemory
import SageResilience
import SageTesting
import Synchronization

/// An embedder that does what a test tells it to.
final class ScriptedEmbedder: Embedder {
    enum Behaviour: Sendable {
        case works
        case fails(any Error)
        case returns([[Float]])
        /// Fails batches, and single texts, in which this word occurs.
        case refuses(String)
        /// Breaks down at texts in which one of these words occurs.
        case breaksAt([String])
        /// Returns zeros for texts in which this word occurs.
        case zeroes(String)
        case hangs
    }

    struct Refusal: ClassifiedError {
        var classification: ErrorClassification { ErrorClassification(.permanent, fault: .caller) }
    }

    struct Down: ClassifiedError {
        let secret = "sk-very-secret"
        var classification: ErrorClassification { ErrorClassification(.transient) }
    }

    let name: String
    let dimension: Int?
    let maxBatchSize: Int
    let maxTextBytes: Int
    private let width: Int
    private let seed: UInt64
    private let state = Mutex((behaviour: Behaviour.works, calls: [[String]]()))

    init(
        _ name: String = "scripted", width: Int = 8, declares: Bool = true, maxBatchSize: Int = 4,
        maxTextBytes: Int = 64, seed: UInt64 = 1
    ) {
        self.name = name
        self.width = width
        self.dimension = declares ? width : nil
        self.maxBatchSize = maxBatchSize
        self.maxTextBytes = maxTextBytes
        self.seed = seed
    }

    var behaviour: Behaviour {
        get { state.withLock { $0.behaviour } }
        set { state.withLock { $0.behaviour = newValue } }
    }

    /// The texts of each call.
    var calls: [[String]] { state.withLock { $0.calls } }
    var texts: [String] { calls.flatMap(\.self) }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        let behaviour = state.withLock { state in
            state.calls.append(texts)
            return state.behaviour
        }
        switch behaviour {
        case .works: return texts.map(vector)
        case .fails(let error): throw error
        case .returns(let vectors): return vectors
        case .refuses(let word):
            if texts.contains(where: { $0.contains(word) }) { throw Refusal() }
            return texts.map(vector)
        case .breaksAt(let words):
            if texts.contains(where: { text in words.contains { text.contains($0) } }) { throw Down() }
            return texts.map(vector)
        case .zeroes(let word):
            return texts.map { $0.contains(word) ? [Float](repeating: 0, count: width) : vector($0) }
        case .hangs:
            // Nobody moves this clock: it ends when the task is cancelled.
            try await TestClock().sleep(for: .seconds(1))
            return []
        }
    }

    /// The same text has the same vector, another one quite another.
    func vector(_ text: String) -> [Float] {
        var state = text.utf8.reduce(seed &* 0x9E37_79B9_7F4A_7C15) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return (0..<width).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
        }
    }
}
