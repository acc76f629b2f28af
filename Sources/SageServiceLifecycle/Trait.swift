#if !ServiceLifecycle
#error("SageServiceLifecycle needs the trait ServiceLifecycle: .package(url: ..., traits: [\"ServiceLifecycle\"])")
#endif
