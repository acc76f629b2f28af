#if !Gateway
#error("SageLLM needs the trait Gateway: .package(url: ..., traits: [\"Gateway\"])")
#endif
