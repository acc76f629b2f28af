extension GatewayConfiguration {
    /// The largest configuration file in bytes.
    package static let maximumFileBytes = 1_048_576

    /// Reads a configuration file.
    ///
    /// - Parameters:
    ///   - path: The path of the file; also its name in messages.
    ///   - environment: The variables that `${NAME}` refers to.
    /// - Returns: The configuration with every default filled in.
    /// - Throws: `ConfigurationFileError` with everything that is wrong with the file.
    package static func load(
        file path: String, environment: [String: String]
    ) throws(ConfigurationFileError) -> GatewayConfiguration {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, limit: maximumFileBytes)
        } catch {
            let message =
                switch error {
                case .tooLarge: tooLarge
                case .unreadable(let reason): "cannot be read: \(reason)"
                }
            throw ConfigurationFileError([
                ConfigurationFileError.Problem(file: path, line: nil, column: nil, field: "", message: message)
            ])
        }
        return try load(bytes: bytes, named: path, environment: environment)
    }

    /// Reads the text of a configuration file.
    ///
    /// - Parameters:
    ///   - bytes: The content of the file.
    ///   - name: The file's name in messages.
    ///   - environment: The variables that `${NAME}` refers to.
    /// - Returns: The configuration with every default filled in.
    /// - Throws: `ConfigurationFileError` with everything that is wrong with the text.
    package static func load(
        bytes: [UInt8], named name: String, environment: [String: String]
    ) throws(ConfigurationFileError) -> GatewayConfiguration {
        var reader = ConfigurationReader(file: name, environment: environment)
        var configuration: GatewayConfiguration?
        do throws(SourceProblem) {
            guard bytes.count <= maximumFileBytes else {
                throw SourceProblem(position: .start, message: tooLarge)
            }
            guard let root = try YAMLDocument.parse(try text(bytes)), !root.isNull else {
                throw SourceProblem(
                    position: .start, message: "the file is empty; `sage config init` writes an example")
            }
            guard case .mapping = root.content else {
                throw SourceProblem(
                    position: root.position,
                    message: "the file is \(root.kind); "
                        + "expected is a mapping with the keys \(fields.keys.joined(separator: ", "))")
            }
            configuration = fields.read(root, .root, &reader)
        } catch {
            reader.report(.root, at: error.position, error.message)
        }
        configuration?.complete(&reader)
        guard let configuration, reader.problems.isEmpty else { throw ConfigurationFileError(reader.problems) }
        return configuration
    }

    private static var tooLarge: String {
        "is larger than \(maximumFileBytes) bytes, the limit for a configuration file"
    }

    private static func text(_ bytes: [UInt8]) throws(SourceProblem) -> String {
        // Editors on some systems begin a file with a byte order mark.
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        if let text = String(validating: content, as: UTF8.self) { return text }
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let wrong = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw SourceProblem(
            position: SourcePosition(line: wrong + 1, column: 1),
            message: "the line is not valid UTF-8; save the file with that encoding")
    }
}
