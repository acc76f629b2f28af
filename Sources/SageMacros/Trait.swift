#if !Macros
#error("SageMacros needs the trait Macros: .package(url: ..., traits: [\"Macros\"])")
#endif
