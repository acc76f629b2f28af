#if !Storage
#error("SageSessions needs the trait Storage: .package(url: ..., traits: [\"Storage\"])")
#endif
