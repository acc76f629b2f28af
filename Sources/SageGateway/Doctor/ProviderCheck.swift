import HTTPTypes
import NIOCore
import SageLLM
import SageResilience

/// Asks a provider for its models with each of its keys, and so whether it is there and accepts them.
struct ProviderCheck: Sendable {
    /// How long the provider may take.
    static let timeLimit = Duration.seconds(10)
    /// As much of the answer as is looked at.
    private static let maximumBytes = 16 << 20

    let name: String
    let provider: GatewayConfiguration.Provider
    let transport: any UpstreamTransport

    /// What was found, and when the provider thinks it is (in seconds since 1970), if it says so.
    func run() async -> (results: [CheckResult], time: Int64?) {
        guard provider.kind != .simulated else {
            return ([CheckResult(subject, .fine, "simulated in this process")], nil)
        }
        let endpoint = ProviderEndpoint(provider)
        var results: [CheckResult] = []
        var time: Int64?
        for key in 0..<max(1, endpoint.keyCount) {
            let subject = endpoint.keyCount > 1 ? "\(subject), key \(key + 1)" : subject
            do throws(UpstreamFailure) {
                let response = try await transport.send(endpoint.modelsRequest(key: key, timeLimit: Self.timeLimit))
                time = response.headers[.date].flatMap { SageResilience.HTTPDate.parse($0[...], now: 0) } ?? time
                response.body.cancel()
                results.append(judge(subject, response.status, hasKey: endpoint.keyCount > 0))
            } catch {
                results.append(judge(subject, error))
                // The others would meet the same.
                break
            }
        }
        return (results, time)
    }

    private var subject: String { "provider \(name)" }

    private func judge(_ subject: String, _ status: Int, hasKey: Bool) -> CheckResult {
        let address = provider.baseURL?.description ?? ""
        switch status {
        case 200..<300:
            return CheckResult(subject, .fine, "\(address) answers\(hasKey ? " and accepts the key" : "")")
        case 401, 403:
            return CheckResult(
                subject, .failed, "\(address) does not accept the key (status \(status))",
                remedy: hasKey
                    ? "Put a valid key into providers.\(name).apiKey or the variable that it names."
                    : "Add providers.\(name).apiKey: the provider wants a key.")
        case 402:
            return CheckResult(
                subject, .failed, "the account has no credit (status 402)", remedy: "Pay at the provider.")
        case 404, 405:
            return CheckResult(
                subject, .warning, "\(address) answers, but lists no models (status \(status))",
                remedy:
                    "If requests fail with 404 too, check providers.\(name).baseURL: for kind openai it ends in the "
                    + "version, for anthropic and gemini it is the origin.")
        case 429:
            return CheckResult(subject, .warning, "\(address) answers and asks for fewer requests (status 429)")
        case 300..<400:
            return CheckResult(
                subject, .failed, "\(address) redirects elsewhere (status \(status)), which Sage does not follow",
                remedy: "Put the final address into providers.\(name).baseURL.")
        case 500...:
            return CheckResult(subject, .failed, "\(address) answers with an error of its own (status \(status))")
        default:
            return CheckResult(subject, .warning, "\(address) answers with status \(status)")
        }
    }

    private func judge(_ subject: String, _ failure: UpstreamFailure) -> CheckResult {
        let address = provider.baseURL?.description ?? ""
        let remedy = "Check providers.\(name).baseURL, the network and its firewall."
        return switch failure {
        case .connection(let reason, let detail):
            CheckResult(
                subject, .failed, ProviderError.transport(target: name, reason, detail: detail).message, remedy: remedy)
        case .connectTimeout:
            CheckResult(subject, .failed, "\(address) does not answer: blocked or wrong", remedy: remedy)
        default:
            CheckResult(
                subject, .failed, "\(address) accepts connections and does not answer within \(Self.timeLimit)",
                remedy: remedy)
        }
    }
}
