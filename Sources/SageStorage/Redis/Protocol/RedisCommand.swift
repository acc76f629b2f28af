/// A command and its arguments, which may be any bytes.
///
/// ```swift
/// try await redis.send(["SET", .text(key), .bytes(value), "PX", .integer(60_000)])
/// ```
///
/// Arguments are sent with their length and never become part of a text that the server parses.
public struct RedisCommand: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// One argument.
    public struct Argument: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        /// What is sent.
        public let bytes: [UInt8]

        private init(_ bytes: [UInt8]) { self.bytes = bytes }

        /// Text as UTF-8.
        public static func text(_ text: String) -> Argument { Argument(Array(text.utf8)) }
        /// Bytes.
        public static func bytes(_ bytes: [UInt8]) -> Argument { Argument(bytes) }
        /// A whole number in decimal digits.
        public static func integer(_ number: Int64) -> Argument { Argument(Array("\(number)".utf8)) }
        /// Creates text.
        public init(stringLiteral value: String) { self.init(Array(value.utf8)) }
        /// Creates a whole number.
        public init(integerLiteral value: Int64) { self.init(Array("\(value)".utf8)) }
    }

    /// The name of the command and its arguments.
    public let arguments: [Argument]

    /// Creates a command.
    ///
    /// - Parameter arguments: The name of the command and its arguments.
    public init(_ arguments: [Argument]) { self.arguments = arguments }
    /// Creates a command.
    public init(arrayLiteral elements: Argument...) { self.init(elements) }
}

extension RedisCommand {
    /// The most bytes that a server takes as one argument, unless it is configured otherwise.
    static let largestArgument = 512 << 20

    /// What is wrong with the command, whoever the server is; nil when nothing is.
    var objection: String? {
        if arguments.first?.bytes.isEmpty ?? true { return "a command is empty; it begins with its name" }
        if arguments.contains(where: { $0.bytes.count > Self.largestArgument }) {
            return "an argument has more than 512 MiB"
        }
        if arguments.count > 1 << 20 { return "a command has \(arguments.count) arguments; up to 1048576 are allowed" }
        return nil
    }

    /// Appends the command in the form in which it is sent.
    func encode(to output: inout [UInt8]) {
        func appendLine(_ mark: Unicode.Scalar, _ number: Int) {
            output.append(UInt8(ascii: mark))
            output.append(contentsOf: "\(number)\r\n".utf8)
        }
        appendLine("*", arguments.count)
        for argument in arguments {
            appendLine("$", argument.bytes.count)
            output.append(contentsOf: argument.bytes)
            output.append(contentsOf: "\r\n".utf8)
        }
    }
}
