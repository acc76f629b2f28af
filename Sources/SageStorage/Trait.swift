#if !Storage
#error("SageStorage needs the trait Storage: .package(url: ..., traits: [\"Storage\"])")
#endif
