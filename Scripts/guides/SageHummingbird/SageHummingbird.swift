private let accounts: KeyedRateLimiter = standIn()

private struct AccountContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var accountName: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }
}
