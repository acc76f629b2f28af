#if !Telemetry
#error("SageOTLP needs the trait Telemetry: .package(url: ..., traits: [\"Telemetry\"])")
#endif
