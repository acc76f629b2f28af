#if !Storage
#error("SageMemory needs the trait Storage: .package(url: ..., traits: [\"Storage\"])")
#endif
