#if !Configuration
#error("SageConfiguration needs the trait Configuration: .package(url: ..., traits: [\"Configuration\"])")
#endif
