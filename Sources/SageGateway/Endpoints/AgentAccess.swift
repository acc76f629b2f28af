import Hummingbird

/// Who may use conversations and memory, and which of them.
struct AgentAccess: Sendable {
    let keys: ClientKeys
    let adminToken: Secret?
    let origin: OriginCheck

    /// Who asks.
    struct Caller: Sendable {
        /// The key that was shown; nil for an operator, and where none is needed.
        var key: ClientKey?
        /// What the caller may see.
        var scope: SessionScope
    }

    /// Finds out who asks: a key's own space, everything for the admin token, the one space where no keys are needed.
    ///
    /// - Throws: ``GatewayError`` for anybody else, for pages of other sites, and for bodies that are not JSON.
    func client(_ request: Request, _ context: GatewayRequestContext) throws(GatewayError) -> Caller {
        try JSONBodyRule.check(request.head)
        if let adminToken, let field = request.headers[.authorization],
            let token = ClientKeys.bearerToken(field), adminToken.matches(token)
        {
            return Caller(key: nil, scope: keys.areRequired ? .everything : SessionScope(nil))
        }
        try origin.check(request.head)
        let key = try keys.authenticate(request.headers, query: request.uri.query.map { $0[...] })
        return Caller(key: key, scope: SessionScope(key))
    }
}
