#if !Gateway
#error("SageMock needs the trait Gateway: .package(url: ..., traits: [\"Gateway\"])")
#endif
