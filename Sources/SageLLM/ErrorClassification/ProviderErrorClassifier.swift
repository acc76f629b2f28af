package import HTTPTypes
package import SageResilience

/// Decides what kind of failure a provider's error answer is.
///
/// One table serves all providers, because their statuses agree and their codes do not collide; so an unknown service
/// that speaks one of their dialects is understood too. The order of evidence:
///
/// 1. Codes that say more than any status (money, length, content, credentials).
/// 2. The status, with phrases where a provider has only those to tell a rate from a quota or a long prompt from a
///    wrong one.
/// 3. Without a status (an error inside a stream): a status or a general code in the body.
/// 4. Text patterns on word boundaries.
package enum ProviderErrorClassifier {
    /// Classifies an error answer.
    ///
    /// - Parameters:
    ///   - status: The status of the answer; nil, or one of 2xx, for an error inside a successful answer.
    ///   - headers: The headers of the answer. Defaults to none.
    ///   - body: The error body.
    ///   - now: The present in seconds since 1970, for hints that are dates.
    /// - Returns: The class, whose fault it is, and the server's hint; ``ErrorClass/unknown`` if nothing is known.
    package static func classify(
        status: Int?, headers: HTTPFields = [:], body: ProviderErrorBody, now: Int64
    ) -> ErrorClassification {
        let evidence = Evidence(status: status, headers: headers, body: body, now: now)
        // A redirect is not the request's mistake: every other one is redirected too.
        let isRedirect = status.map { (300..<400).contains($0) } ?? false
        return ErrorClassification(
            errorClass(of: evidence), fault: isRedirect ? .provider : nil, hint: evidence.hint)
    }

    private static func errorClass(of evidence: Evidence) -> ErrorClass {
        if let decisive = evidence.codes.lazy.compactMap(ProviderErrorCodes.decisive).first { return decisive }
        guard let status = evidence.status else { return withoutStatus(evidence) }
        let errorClass = errorClass(ofStatus: status, evidence)
        // The server knows better than a bare status whether another try helps; not better than a reason it named.
        let isUnexplained =
            (errorClass == .permanent || errorClass == .unknown)
            && !evidence.codes.contains { ProviderErrorCodes.general($0) != nil }
        return isUnexplained && evidence.shouldRetry == true ? .transient : errorClass
    }

    private static func errorClass(ofStatus status: Int, _ evidence: Evidence) -> ErrorClass {
        switch status {
        case 400, 413, 422: badRequest(evidence)
        case 401: .authentication
        case 402: paymentRequired(evidence)
        case 403: forbidden(evidence)
        // 408: the server waited for our request; 409: two requests collided.
        case 408, 409: .transient
        case 429: tooManyRequests(evidence)
        // 498: Groq's flexible tier has no capacity.
        case 498, 503, 529: .overloaded
        case 501: .permanent
        case 504: .timeout
        case 500...599: serverError(evidence)
        // The rest of 4xx, 499 (Ollama: cancelled) among them. A redirect is not followed, because that would carry
        // the key elsewhere; as an answer it means a wrong base URL, which stays wrong.
        case 300...499: .permanent
        // An informational or invalid status as the final one: the peer does not speak HTTP properly.
        default: .unknown
        }
    }

    private static func badRequest(_ evidence: Evidence) -> ErrorClass {
        if evidence.says(ProviderErrorPhrases.contextWindow) { return .contextWindow }
        if evidence.says(ProviderErrorPhrases.contentPolicy) { return .contentPolicy }
        if evidence.says(ProviderErrorPhrases.quotaExhausted) { return .quotaExhausted }
        return .permanent
    }

    /// OpenRouter refuses with 402 also when running requests hold the money; then it says when it will be free.
    private static func paymentRequired(_ evidence: Evidence) -> ErrorClass {
        evidence.headerWait != nil || evidence.codes.contains(where: ProviderErrorCodes.isInFlightBudget)
            ? .rateLimited : .quotaExhausted
    }

    private static func forbidden(_ evidence: Evidence) -> ErrorClass {
        if evidence.says(ProviderErrorPhrases.quotaExhausted) { return .quotaExhausted }
        if evidence.says(ProviderErrorPhrases.contentPolicy) { return .contentPolicy }
        return .authentication
    }

    private static func tooManyRequests(_ evidence: Evidence) -> ErrorClass {
        if evidence.codes.contains(where: ProviderErrorCodes.isResourceExhausted) {
            // Gemini's text speaks of "your current quota" and of billing even when a minute's rate is meant, and its
            // delay is short even for a day's quota: only the quota's id tells.
            let isExhausted =
                evidence.codes.contains(where: ProviderErrorCodes.isDailyQuota)
                || ProviderErrorPhrases.statesLimitOfZero(evidence.text)
                || evidence.says(["spend limit", "spending limit", "spending cap", "prepayment credits"])
            return isExhausted ? .quotaExhausted : .rateLimited
        }
        if evidence.says(ProviderErrorPhrases.quotaExhausted) { return .quotaExhausted }
        // Some daily limits refill continuously (OpenAI: "on requests per day ... try again in 8.64s"). The server's
        // short wait is then the truth.
        if evidence.says(ProviderErrorPhrases.dailyQuota), !evidence.asksForShortWait { return .quotaExhausted }
        return .rateLimited
    }

    /// A 5xx is the provider's own failure; its code may only say which.
    private static func serverError(_ evidence: Evidence) -> ErrorClass {
        let named = evidence.codes.lazy.compactMap(ProviderErrorCodes.general).first
        return switch named {
        case .rateLimited, .overloaded, .timeout: named ?? .transient
        default: .transient
        }
    }

    private static func withoutStatus(_ evidence: Evidence) -> ErrorClass {
        if evidence.codes.contains(where: ProviderErrorCodes.isResourceExhausted) { return tooManyRequests(evidence) }
        switch evidence.codes.lazy.compactMap(ProviderErrorCodes.general).first {
        case .permanent: return badRequest(evidence)
        case .rateLimited: return tooManyRequests(evidence)
        case .some(let named): return named
        case nil: break
        }
        let refined = badRequest(evidence)
        return refined == .permanent ? TextPatterns.errorClass(of: evidence.text) ?? .unknown : refined
    }
}

/// Everything that is known about one error answer.
private struct Evidence {
    /// The status that tells the error: the answer's, or the one that the body of a successful answer names.
    let status: Int?
    /// Code, type and details, the most specific first.
    let codes: [String]
    let text: FoldedText
    let headerWait: Duration?
    let shouldRetry: Bool?
    let hint: ServerHint?

    init(status: Int?, headers: HTTPFields, body: ProviderErrorBody, now: Int64) {
        let answerStatus = status.flatMap { (200...299).contains($0) ? nil : $0 }
        self.status = answerStatus ?? body.statusInBody
        codes = [body.code, body.type].compactMap(\.self) + body.detailCodes
        text = FoldedText(body.message)
        headerWait = RetryAfter.wait(in: headers, now: now)
        shouldRetry = RetryAfter.shouldRetry(headers)
        hint = RetryAfter.hint(headers: headers, status: self.status, body: body, now: now)
    }

    func says(_ phrases: [String]) -> Bool { text.containsAny(of: phrases) }

    /// Whether the server asks for a wait that a retry would make.
    var asksForShortWait: Bool {
        guard let wait = hint?.minimumWait else { return false }
        return wait <= .seconds(60)
    }
}
