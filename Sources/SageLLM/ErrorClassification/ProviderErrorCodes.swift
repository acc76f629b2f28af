import SageResilience

/// The codes and types by which providers name their errors.
///
/// They are compared without case and separators, so that `rate_limit_error`, `RateLimitError` and `RATE-LIMIT-ERROR`
/// are one.
enum ProviderErrorCodes {
    /// The class of a code that says more than any status does.
    static func decisive(_ code: String) -> ErrorClass? {
        let key = normalized(code)
        if let errorClass = decisiveCodes[key] { return errorClass }
        return exhaustedStems.contains { key.contains($0) } ? .quotaExhausted : nil
    }

    /// The class of a code that repeats what a status says, for errors without one.
    static func general(_ code: String) -> ErrorClass? { generalCodes[normalized(code)] }

    /// Whether a code is Gemini's for every kind of exhausted quota, short or long.
    static func isResourceExhausted(_ code: String) -> Bool { normalized(code) == "resourceexhausted" }

    /// Whether a code is the id of a quota that is refilled once a day.
    static func isDailyQuota(_ code: String) -> Bool { normalized(code).contains("perday") }

    /// Whether a code is OpenRouter's for a limit of money that is held by requests still running.
    static func isInFlightBudget(_ code: String) -> Bool { normalized(code) == "openrouterinflightbudget" }

    private static func normalized(_ code: String) -> String {
        String(decoding: code.utf8.lazy.filter(ErrorText.isAlphanumeric).map(ErrorText.lowercased), as: UTF8.self)
    }

    /// Parts of codes that mean that money has run out, in whatever family of codes.
    private static let exhaustedStems = ["spendlimit", "creditbalance", "insufficientquota", "billinghardlimit"]

    private static let decisiveCodes: [String: ErrorClass] = [
        // Money and quota.
        "billingerror": .quotaExhausted,  // Anthropic
        "billingnotactive": .quotaExhausted,  // OpenAI
        "insufficientbalance": .quotaExhausted,
        "insufficientcredits": .quotaExhausted,
        // Length.
        "contextlengthexceeded": .contextWindow,  // OpenAI, Azure, Groq, DeepSeek
        "exceedcontextsizeerror": .contextWindow,  // llama.cpp
        "modelcontextwindowexceeded": .contextWindow,  // Anthropic
        // Content.
        "contentfilter": .contentPolicy,  // Azure
        "contentpolicyviolation": .contentPolicy,  // OpenAI
        "responsibleaipolicyviolation": .contentPolicy,  // Azure, inner error
        "moderationblocked": .contentPolicy,  // OpenAI images
        "flaggedinput": .contentPolicy,  // OpenRouter's moderation
        // Credentials, which some report with 400.
        "invalidapikey": .authentication,  // OpenAI
        "apikeyinvalid": .authentication,  // Gemini
        "unauthenticated": .authentication,
    ]

    private static let generalCodes: [String: ErrorClass] = [
        // SiliconFlow has numbers only.
        "20012": .permanent, "20015": .permanent, "30001": .quotaExhausted, "30003": .authentication,
        "50505": .overloaded, "50603": .rateLimited,

        "ratelimitexceeded": .rateLimited, "ratelimiterror": .rateLimited, "toomanyrequests": .rateLimited,
        "toomanyrequestserror": .rateLimited, "resourceexhausted": .rateLimited, "slowdown": .rateLimited,

        "overloadederror": .overloaded, "overloaded": .overloaded, "serverisoverloaded": .overloaded,
        "serviceunavailable": .overloaded, "serviceunavailableerror": .overloaded, "unavailable": .overloaded,
        "unavailableerror": .overloaded, "capacityexceeded": .overloaded,

        "timeout": .timeout, "timeouterror": .timeout, "apitimeouterror": .timeout, "deadlineexceeded": .timeout,
        "gatewaytimeout": .timeout,

        "servererror": .transient, "internal": .transient, "internalerror": .transient,
        "internalservererror": .transient, "apierror": .transient, "apiconnectionerror": .transient,
        "conflicterror": .transient, "aborted": .transient, "badgateway": .transient,

        "authenticationerror": .authentication, "permissionerror": .authentication,
        "permissiondenied": .authentication, "permissiondeniederror": .authentication, "forbidden": .authentication,
        "unauthorized": .authentication, "unauthorizederror": .authentication,

        "invalidrequest": .permanent, "invalidrequesterror": .permanent, "badrequest": .permanent,
        "badrequesterror": .permanent, "invalidargument": .permanent, "failedprecondition": .permanent,
        "notfound": .permanent, "notfounderror": .permanent, "modelnotfound": .permanent,
        "requesttoolarge": .permanent, "unprocessableentityerror": .permanent, "validationerror": .permanent,
        "notsupportederror": .permanent, "notimplementederror": .permanent, "unimplemented": .permanent,
        "outofrange": .permanent, "invalidprompt": .permanent,
    ]
}
