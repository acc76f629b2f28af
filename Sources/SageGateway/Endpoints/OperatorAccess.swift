import Hummingbird

/// Who may see how the server is: this machine, and who has an API key or the admin token.
struct OperatorAccess: Sendable {
    let adminToken: Secret?
    let keys: ClientKeys
    let origin: OriginCheck

    /// - Throws: ``GatewayError`` for anybody else.
    func check(_ request: Request, _ context: GatewayRequestContext) throws(GatewayError) {
        if isAuthorized(request) { return }
        guard context.isLoopback else {
            throw GatewayError(
                .unauthorized,
                "an API key or the admin token is needed, as a bearer token, unless you are on Sage's own machine")
        }
        try origin.checkOperator(request.head)
    }

    private func isAuthorized(_ request: Request) -> Bool {
        if keys.find(request.headers, nil) != nil { return true }
        guard let adminToken, let field = request.headers[.authorization], field.hasPrefix("Bearer ") else {
            return false
        }
        return adminToken.matches(String(field.dropFirst("Bearer ".count)))
    }
}
