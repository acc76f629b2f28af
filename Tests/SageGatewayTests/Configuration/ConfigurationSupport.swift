@testable import SageGateway

/// A file with one provider and nothing else, to which tests append what they are about.
let minimalFile = """
    providers:
      openai: { kind: openai, apiKey: key-for-tests }

    """

func load(
    _ yaml: String, environment: [String: String] = [:]
) throws(ConfigurationFileError) -> GatewayConfiguration {
    try GatewayConfiguration.load(bytes: Array(yaml.utf8), named: "sage.yaml", environment: environment)
}

/// The lines that a wrong file prints; empty for a file that loads.
func complaints(_ yaml: String, environment: [String: String] = [:]) -> [String] {
    complaints(bytes: Array(yaml.utf8), environment: environment)
}

func complaints(bytes: [UInt8], environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationFileError) {
        _ = try GatewayConfiguration.load(bytes: bytes, named: "sage.yaml", environment: environment)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}
