import FoundationEssentials

/// A vector as its provider wrote it, numbers or packed, until somebody wants it the other way.
enum EmbeddingVector: Sendable, Hashable {
    /// JSON numbers.
    case numbers([JSONValue])
    /// Numbers of 32 bits, the low byte first, in base64: what OpenAI's libraries ask for.
    case base64(String)

    /// Reads the numbers or the base64 of a vector.
    init(_ json: JSONValue?, at path: String) throws(TranslationError) {
        switch json {
        case .array(let numbers)?:
            guard numbers.allSatisfy({ $0.kind == .number }) else {
                throw TranslationError("allowed are numbers", parameter: path)
            }
            self = .numbers(numbers)
        case .string(let text)?:
            self = .base64(text)
        default:
            throw TranslationError("allowed is an array of numbers or base64", parameter: path)
        }
    }

    /// The vector as an array of numbers.
    func numbers(at path: String) throws(TranslationError) -> JSONValue {
        switch self {
        case .numbers(let numbers):
            return .array(numbers)
        case .base64(let text):
            guard let data = Data(base64Encoded: text), data.count.isMultiple(of: 4) else {
                throw TranslationError("is no base64 of numbers of 32 bits", parameter: path)
            }
            let bytes = [UInt8](data)
            var numbers: [JSONValue] = []
            numbers.reserveCapacity(bytes.count / 4)
            for start in stride(from: 0, to: bytes.count, by: 4) {
                let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
                let value = Float(bitPattern: bits)
                guard value.isFinite else {
                    throw TranslationError("holds what is no number", parameter: path)
                }
                // By its text: as a Double it would be written with digits that it does not have.
                numbers.append(.double(Double(value.description) ?? Double(value)))
            }
            return .array(numbers)
        }
    }

    /// The vector in base64.
    var base64: JSONValue {
        switch self {
        case .base64(let text):
            return .string(text)
        case .numbers(let numbers):
            var data = Data(capacity: 4 * numbers.count)
            for number in numbers {
                let bits = Float(number.doubleValue ?? 0).bitPattern
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    data.append(UInt8(truncatingIfNeeded: bits >> shift))
                }
            }
            return .string(data.base64EncodedString())
        }
    }
}
