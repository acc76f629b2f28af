#if !Telemetry
#error("SageTelemetry needs the trait Telemetry: .package(url: ..., traits: [\"Telemetry\"])")
#endif
