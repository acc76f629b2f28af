import SageResilience
import SageStorage

extension MemoryStore {
    /// Embeds what waits for a vector of the present embedder, until nothing is due or the embedder fails.
    ///
    /// Memories without a vector come first, then those with a vector of another embedder, unless another process has
    /// since started with an embedder of its own. Several processes share the work. Texts that the embedder refuses are
    /// put aside and tried again once an hour. So are those at which it fails while it can do others: a batch that fails a
    /// second time is divided to find them.
    ///
    /// - Parameter onProgress: Called after each batch.
    /// - Returns: What was done, and why it stopped if not everything was.
    /// - Throws: `StorageError`, a rejection of the database's policies, or `CancellationError`.
    @discardableResult
    public func embedPending(
        onProgress: @Sendable (EmbeddingProgress) -> Void = { _ in }
    ) async throws -> EmbeddingProgress {
        var progress = EmbeddingProgress()
        try await retryVectors()
        if let problem = try await readied().vectorProblem {
            progress.problem = problem.description
        }
        while progress.problem == nil {
            try Task.checkCancellation()
            let claimed = try await claim()
            guard !claimed.isEmpty else { break }
            try await embed(claimed, &progress)
            progress.remaining = try await counts().pending
            onProgress(progress)
        }
        progress.remaining = try await counts().pending
        return progress
    }

    /// Embeds pending memories as they come, until the task is cancelled.
    ///
    /// At least every ``MemoryConfiguration/pendingInterval``, and sooner after a failure. It also finishes a rebuild of
    /// the text index that was interrupted. Failures of the database do not end it.
    ///
    /// - Throws: `CancellationError`.
    public func run() async throws {
        let interval = configuration.pendingInterval
        let backoff = try Backoff.exponential(
            initialDelay: min(.seconds(1), interval), multiplier: 2, maxDelay: interval, jitter: .equal)
        let timeline = Timeline(clock)
        var failures = 0
        while true {
            do {
                try await finishTextRebuild()
                failures = try await embedPending().problem == nil ? 0 : failures + 1
            } catch {
                try Task.checkCancellation()
                failures += 1
            }
            let wait = failures == 0 ? interval : backoff.delay(beforeRetry: failures, random: random)
            try await timeline.sleep(nanoseconds: max(1, wait.saturatingNanoseconds))
        }
    }

    /// A memory that waits for a vector and that nobody else embeds for the time being.
    private struct Claim: Sendable {
        var id: Int64
        var text: String
        /// How often it has failed.
        var attempts: Int64
    }

    /// How long a claim holds, in milliseconds: longer than an attempt, and no longer than the wait after a crash may be.
    private var lease: Int64 {
        let limit = configuration.embeddingTimeLimit.saturatingNanoseconds / 1_000_000
        return max(30_000, limit.addingReportingOverflow(5_000).partialValue)
    }

    /// How long a text that was refused is put aside, in milliseconds.
    private static let refusal: Int64 = 3_600_000

    /// After how many failures a text that fails alone is put aside, though nothing shows that others would not.
    private static let patience = 5

    /// How many calls the search for the texts that spoil a batch takes at once: enough for two of 256.
    private static let searchCalls = 32

    private func claim() async throws -> [Claim] {
        let presentID = try await presentEmbedderID()
        let (name, now, lease) = (current.name, wallClock(), lease)
        // Nothing is put off for longer: what is due later was put off by a clock that has been set back since.
        let latest = now + max(Self.refusal, lease)
        let limit = Int64(min(current.embedder.maxBatchSize, 256))
        return try await database.write { session in
            let tables = MemoryTables(session)
            var sources: [Int64] = [0]
            if try tables.setting(MemoryTables.embedderSetting) == name {
                sources += try tables.embedders().values.map(\.id).sorted()
            }
            let locking = tables.isSQLite ? "" : " FOR UPDATE SKIP LOCKED"
            for source in sources where source != presentID {
                let rows = try session.fetch(
                    """
                    UPDATE sage_memories SET due_at = $1 WHERE id IN (
                        SELECT id FROM sage_memories WHERE embedder_id = $2 AND (due_at <= $3 OR due_at > $5)
                        ORDER BY due_at, id LIMIT $4\(locking))
                    RETURNING id, text, attempts
                    """,
                    [.integer(now + lease), .integer(source), .integer(now), .integer(limit), .integer(latest)])
                let claims = rows.compactMap { row in
                    row[0].integer.map { Claim(id: $0, text: row[1].text ?? "", attempts: row[2].integer ?? 0) }
                }
                if !claims.isEmpty { return claims.sorted { $0.id < $1.id } }
            }
            return []
        }
    }

    private func embed(_ claims: [Claim], _ progress: inout EmbeddingProgress) async throws {
        guard let error = try await attempt(claims, &progress) else { return }
        let wasTried = claims.contains { $0.attempts > 0 }
        if claims.count > 1, wasTried, Self.mayBeAboutOne(error) {
            try await search(claims, error, &progress)
        } else if let claim = claims.first, claims.count == 1, claim.attempts >= Self.patience,
            Self.mayBeAboutOne(error)
        {
            progress.refused += 1
            try await putOff(claims, isRefusal: true)
        } else {
            progress.problem = GuardedEmbedder.describe(error)
            try await putOff(claims, isRefusal: false)
        }
    }

    /// Divides a batch that the embedder fails at, until those are found at which it does.
    private func search(
        _ claims: [Claim], _ error: any Error, _ progress: inout EmbeddingProgress
    ) async throws {
        let before = progress.embedded
        var (error, calls, isOver) = (error, 0, false)
        var (batches, alone, left) = ([claims], [Claim](), [Claim]())
        while let batch = batches.popLast() {
            for half in [batch[..<(batch.count / 2)], batch[(batch.count / 2)...]].map(Array.init) {
                guard !isOver, calls < Self.searchCalls else {
                    left += half
                    continue
                }
                calls += 1
                guard let failure = try await attempt(half, &progress) else { continue }
                error = failure
                isOver = !Self.mayBeAboutOne(failure)
                if isOver { left += half } else if half.count == 1 { alone += half } else { batches.append(half) }
            }
        }
        // Where it can do others, it is these texts that it cannot do.
        let canOthers = progress.embedded > before
        if canOthers {
            progress.refused += alone.count
            try await putOff(alone, isRefusal: true)
        } else {
            left += alone
        }
        if isOver || !canOthers { progress.problem = GuardedEmbedder.describe(error) }
        try await putOff(left, isRefusal: false)
    }

    /// Whether a failure of the embedder may come from one of the texts: it has answered, and not that it is busy.
    private static func mayBeAboutOne(_ error: any Error) -> Bool {
        switch error {
        case EmbeddingError.dimension, is any ResilienceRejection, is TimeLimiterError: return false
        case is EmbeddingError: return true
        default:
            let classification = ErrorClassifier.default.classify(error)
            switch classification.errorClass {
            case .transient, .permanent, .unknown: return !classification.isConnection
            default: return false
            }
        }
    }

    /// Embeds and keeps what can be; gives back the embedder's failure, after which nothing was.
    private func attempt(_ claims: [Claim], _ progress: inout EmbeddingProgress) async throws -> (any Error)? {
        let vectors: [UnitVector?]
        do {
            vectors = try await current.embedEach(claims.map(\.text))
        } catch {
            try Task.checkCancellation()
            guard ErrorClassifier.default.classify(error).fault == .caller else { return error }
            guard claims.count > 1 else {
                progress.refused += 1
                try await putOff(claims, isRefusal: true)
                return nil
            }
            // One text spoils a batch: each for itself.
            for (index, claim) in claims.enumerated() {
                guard let failure = try await attempt([claim], &progress) else { continue }
                progress.problem = GuardedEmbedder.describe(failure)
                try await putOff(Array(claims[index...]), isRefusal: false)
                break
            }
            return nil
        }
        guard let embedder = try await stored(current) else {
            progress.problem = "the dimension of \(current.name) is not known"
            return nil
        }
        let pairs = zip(claims.map(\.id), vectors).compactMap { id, vector in vector.map { (id, $0) } }
        progress.embedded += try await database.write { session in
            let tables = MemoryTables(session)
            var count = 0
            for (id, vector) in pairs where try tables.setVector(vector, of: id, embedderID: embedder.id) {
                count += 1
            }
            try tables.trimGone()
            return count
        }
        let refused = zip(claims, vectors).filter { $1 == nil }.map(\.0)
        progress.refused += refused.count
        try await putOff(refused, isRefusal: true)
        return nil
    }

    /// Gives claimed memories back: at once after a failure of the embedder, since ``run()`` waits longer and longer by
    /// itself, and in an hour after a refusal of the text.
    private func putOff(_ claims: [Claim], isRefusal: Bool) async throws {
        guard !claims.isEmpty else { return }
        let due = wallClock() + (isRefusal ? Self.refusal : 0)
        try await database.write { session in
            try session.execute(
                """
                UPDATE sage_memories SET due_at = $1, attempts = attempts + 1
                WHERE id IN \(MemoryTables(session).numbers(in: "$2"))
                """, [.integer(due), MemoryTables.list(claims.map(\.id))])
        }
    }
}
