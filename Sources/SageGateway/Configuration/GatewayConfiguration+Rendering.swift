extension GatewayConfiguration {
    /// The configuration as a YAML file with every default filled in, keys in a fixed order, names sorted and secrets
    /// redacted; without secrets it loads to the same configuration.
    package var effectiveYAML: String { Self.fields.render(self).yaml }

    /// The same as JSON, for `--json`; durations are texts such as `30s`, sizes are numbers of bytes.
    package var effectiveJSON: String { Self.fields.render(self).json }

    /// The JSON Schema of the configuration file, made from the tables that read it; for editors and other programs.
    package static var jsonSchema: String {
        fields.schema.document(title: "Configuration of sage serve").json
    }
}
