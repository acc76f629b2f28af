/// The names of statuses, for an answer that explains nothing itself.
package enum StatusPhrase {
    /// For example "502 Bad Gateway"; the number alone when the status has no name.
    static func text(_ status: Int) -> String {
        guard let name = name(of: status) else { return "status \(status)" }
        return "\(status) \(name)"
    }

    /// For example "Bad Gateway"; nil when the status has no name.
    package static func name(of status: Int) -> String? { names[status] }

    private static let names = [
        301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect", 308: "Permanent Redirect",
        400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 413: "Content Too Large",
        415: "Unsupported Media Type", 422: "Unprocessable Content", 424: "Failed Dependency", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons", 498: "Capacity Exceeded",
        499: "Client Closed Request", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout", 520: "Unknown Error", 521: "Web Server Is Down",
        522: "Connection Timed Out", 523: "Origin Is Unreachable", 524: "A Timeout Occurred", 529: "Overloaded",
    ]
}
