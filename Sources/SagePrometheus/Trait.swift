#if !Telemetry
#error("SagePrometheus needs the trait Telemetry: .package(url: ..., traits: [\"Telemetry\"])")
#endif
