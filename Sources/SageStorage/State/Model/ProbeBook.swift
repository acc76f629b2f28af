/// The probes of one breaker as a value: what every ``StateStore`` does with them.
package struct ProbeBook: Sendable, Hashable {
    /// A lease that is out.
    package struct Entry: Sendable, Hashable {
        package var token: Int64
        package var holder: String
        package var expires: Int64
        /// The number of the round in which it was given out.
        package var round: Int64

        package init(token: Int64, holder: String, expires: Int64, round: Int64) {
            self.token = token
            self.holder = holder
            self.expires = expires
            self.round = round
        }
    }

    /// When anything was last changed, in microseconds of the store's clock.
    package var touched: Int64
    package var lastToken: Int64 = 0
    package var number: Int64 = 0
    package var verdict = ProbeRound.Verdict.undecided
    package var decidedAt: Int64?
    /// When a round last ended well; outlives the rounds that begin afterwards.
    package var recoveredAt: Int64?
    package var successes = 0
    package var failures = 0
    package var refusedAt: Int64?
    package var blockedUntil: Int64?
    /// When a lease was last given out or ended.
    package var usedAt: Int64 = 0
    package var leases: [Entry] = []

    package init(now: StoreInstant) {
        touched = now.microseconds
    }

    /// Until when the book is kept.
    package var keptUntil: Int64 {
        let memory = touched + StateLimits.probeMemory.wholeMicroseconds
        return leases.reduce(max(memory, blockedUntil ?? memory)) { max($0, $1.expires) }
    }

    package func round(_ breaker: String, now: StoreInstant) -> ProbeRound {
        var book = self
        book.advance(to: now)
        return ProbeRound(
            breaker: breaker, number: book.number, verdict: book.verdict,
            decidedAt: book.decidedAt.map(StoreInstant.init), recoveredAt: book.recoveredAt.map(StoreInstant.init),
            successes: book.successes, failures: book.failures, leased: book.leases.count,
            refusedAt: book.refusedAt.map(StoreInstant.init), blockedUntil: book.blockedUntil.map(StoreInstant.init))
    }

    package mutating func lease(
        of breaker: String, holder: String, terms: ProbeTerms, now: StoreInstant
    ) -> ProbeAnswer {
        advance(to: now)
        let now = now.microseconds
        if let blockedUntil, now < blockedUntil { return .blocked(retryAfter: .microseconds(blockedUntil - now)) }
        let duration = terms.duration.wholeMicroseconds
        let isIdle = leases.isEmpty && now - usedAt >= duration
        if number == 0 || verdict != .undecided || isIdle { beginRound() }
        guard leases.count < terms.limit, leases.count + successes + failures < terms.total else {
            refusedAt = now
            touched = now
            let next = leases.map(\.expires).min() ?? now
            return .exhausted(retryAfter: .microseconds(next - now))
        }
        lastToken = max(lastToken + 1, now)
        leases.append(Entry(token: lastToken, holder: holder, expires: now + duration, round: number))
        usedAt = now
        touched = now
        return .leased(
            ProbeLease(breaker: breaker, holder: holder, token: lastToken, duration: .microseconds(duration)))
    }

    package mutating func end(
        _ lease: ProbeLease, _ result: ProbeResult, terms: ProbeTerms, now: StoreInstant
    ) -> ProbeEnding {
        advance(to: now)
        let now = now.microseconds
        let index = leases.firstIndex { $0.token == lease.token && $0.holder.utf8.elementsEqual(lease.holder.utf8) }
        guard let index else { return .fenced }
        let round = leases.remove(at: index).round
        usedAt = now
        touched = now
        // A lease may outlast its round.
        guard verdict == .undecided, round == number else { return .counted(verdict) }
        switch result {
        case .unused: break
        case .succeeded:
            successes += 1
            if isRecovered(terms) { decide(.recovered, now: now) }
        case .failed(let pause):
            failures += 1
            if failures >= terms.failureLimit {
                fail(for: pause, now: now)
            } else if isRecovered(terms) {
                decide(.recovered, now: now)
            }
        case .reopened(let pause):
            failures += 1
            fail(for: pause, now: now)
        }
        return .counted(verdict)
    }

    private mutating func beginRound() {
        number += 1
        verdict = .undecided
        decidedAt = nil
        successes = 0
        failures = 0
        refusedAt = nil
        blockedUntil = nil
    }

    private func isRecovered(_ terms: ProbeTerms) -> Bool {
        if let needed = terms.successesToClose { return successes >= needed }
        let remaining = max(0, terms.total - successes - failures)
        return failures + remaining < terms.failureLimit
    }

    private mutating func fail(for pause: Duration, now: Int64) {
        decide(.failed, now: now)
        blockedUntil = now + pause.wholeMicroseconds
    }

    private mutating func decide(_ verdict: ProbeRound.Verdict, now: Int64) {
        self.verdict = verdict
        decidedAt = now
        if verdict == .recovered { recoveredAt = now }
    }

    /// Forgets leases that have run out; where the clock has gone back, time stands still.
    private mutating func advance(to now: StoreInstant) {
        let now = now.microseconds
        if now < touched { moveBack(by: touched - now) }
        leases.removeAll { $0.expires <= now }
    }

    private mutating func moveBack(by step: Int64) {
        touched -= step
        usedAt -= step
        decidedAt = decidedAt.map { $0 - step }
        recoveredAt = recoveredAt.map { $0 - step }
        refusedAt = refusedAt.map { $0 - step }
        blockedUntil = blockedUntil.map { $0 - step }
        for index in leases.indices { leases[index].expires -= step }
    }
}
