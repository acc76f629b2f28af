import SageGateway
import SageLLM
import SageResilience

/// What Sage makes of an answer, as text or JSON.
struct ClassificationReport {
    /// The failure; nil for an answer that is none.
    let error: ProviderError?
    private let outcome: Outcome
    private let schedule: RetrySchedule?
    private let policy: TargetPolicy

    /// Judges a failure.
    ///
    /// - Parameters:
    ///   - error: The failure; nil for an answer that is none.
    ///   - policy: The policy by which it is tried again and counted.
    init(_ error: ProviderError?, policy: TargetPolicy) throws(ConfigurationError) {
        self.error = error
        self.policy = policy
        guard let error else {
            outcome = .success
            schedule = nil
            return
        }
        outcome = policy.breaker.outcome(of: error.classification)
        let retry = try RetryConfiguration(
            maxAttempts: policy.retry.maxAttempts, totalTimeLimit: policy.deadline, backoff: policy.retry.backoff,
            maxServerHint: policy.retry.maxServerHint)
        schedule = RetrySchedule(retry, after: error.classification)
    }

    private var isRetried: Bool { schedule.map { !$0.retries.isEmpty } ?? false }

    private var hintedWait: Duration? {
        guard let wait = error?.classification.hint?.minimumWait else { return nil }
        return wait
    }

    // MARK: Text

    func lines(_ style: TerminalStyle) -> [String] {
        guard let error, let schedule else {
            return ["no error: the answer is a whole completion, and counts as a success"]
        }
        let classification = error.classification
        var facts = TextTable(["", ""])
        func add(_ name: String, _ value: String) { facts.append([TextTable.Cell(name), TextTable.Cell(value)]) }
        add("class", classification.errorClass.rawValue)
        add("fault", classification.fault.rawValue)
        add("recovery", classification.errorClass.recovery.rawValue)
        add("retried", isRetried ? "yes, up to \(count(schedule.retries.count, "time"))" : "no: \(whyNotRetried)")
        add("breaker", outcome == .failure ? "counts as a failure" : "does not count")
        add("fallback", fallbackText)
        add("server hint", hintText)
        add("message", error.message)
        // The first line is the empty heading.
        let table = Array(facts.lines(style).dropFirst())
        guard isRetried else { return table }
        return table + ["", "Retries by the default policy, each failing in the same way:", ""] + retries(style)
    }

    private func retries(_ style: TerminalStyle) -> [String] {
        guard let schedule else { return [] }
        var table = TextTable(["RETRY", "MIN", "TYPICAL", "MAX", "TOTAL"].map { .number($0) })
        for retry in schedule.retries {
            let waits = [retry.least, retry.typical, retry.most, retry.total]
            table.append(["\(retry.number)"] + waits.map { TextTable.Cell($0?.readable ?? "-") })
        }
        return table.lines(style)
    }

    private var fallbackText: String {
        switch error?.fallbackKind {
        case .general: "general: any other target"
        case .contextWindow: "context_window: a model with a longer context"
        case .contentPolicy: "content_policy: a model with another content filter"
        case nil: "none: every target would refuse the request"
        }
    }

    private var hintText: String {
        switch error?.classification.hint {
        case .wait(let wait): "wait \(wait.readable)"
        case .pushBack(let wait): wait < .zero ? "do not try again" : "wait exactly \(wait.readable)"
        case .doNotRetry: "do not try again"
        case nil: "none"
        }
    }

    private var whyNotRetried: String {
        switch schedule?.ending {
        case .permanent: "it would fail again"
        case .serverSaysStop: "the server says so"
        case .hintExceedsMaximum: "the server asks for more than \(policy.retry.maxServerHint.readable)"
        case .deadlineExceeded: "the wait is longer than a request may take, \(policy.deadline.readable)"
        default: "the policy allows no retry"
        }
    }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    // MARK: JSON

    var json: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        let errorClass = error?.classification.errorClass
        return [
            "class": text(errorClass?.rawValue),
            "fault": text(error?.classification.fault.rawValue),
            "recovery": text(errorClass?.recovery.rawValue),
            "retried": .bool(isRetried),
            "not_retried_because": isRetried ? .null : text(schedule?.ending?.rawValue),
            "breaker": .string(outcome.rawValue),
            "fallback": text(error?.fallbackKind?.rawValue),
            "retry_after_ms": hintedWait.map { .number($0.milliseconds) } ?? .null,
            "server_says_stop": .bool(error?.classification.hint?.forbidsRetry == true),
            "status": error?.status.map { .integer(Int64($0)) } ?? .null,
            "type": text(error?.type),
            "code": text(error?.code),
            "message": text(error?.message),
            "request_id": text(error?.requestID),
            "schedule": .array(schedule.map { $0.retries.map { $0.json(withSample: false) } } ?? []),
        ]
    }
}
