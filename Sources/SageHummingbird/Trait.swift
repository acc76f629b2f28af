#if !Hummingbird
#error("SageHummingbird needs the trait Hummingbird: .package(url: ..., traits: [\"Hummingbird\"])")
#endif
