#if !AsyncHTTPClient
#error("SageAsyncHTTPClient needs the trait AsyncHTTPClient: .package(url: ..., traits: [\"AsyncHTTPClient\"])")
#endif
