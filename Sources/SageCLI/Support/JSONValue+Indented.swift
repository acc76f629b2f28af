import SageLLM

extension JSONValue {
    /// The value as JSON indented by two spaces, members in their order; characters that could steer a terminal are
    /// escaped.
    var indented: String {
        var text = ""
        append(to: &text, margin: "")
        return text
    }

    private func append(to text: inout String, margin: String) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                text += (index == 0 ? "[\n" : ",\n") + margin + "  "
                element.append(to: &text, margin: margin + "  ")
            }
            text += "\n\(margin)]"
        case .object(let members) where !members.isEmpty:
            for (index, member) in members.enumerated() {
                text += (index == 0 ? "{\n" : ",\n") + margin + "  \(Self.quoted(member.key)): "
                member.value.append(to: &text, margin: margin + "  ")
            }
            text += "\n\(margin)}"
        case .string(let value):
            text += Self.quoted(value)
        default:
            text += description
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in JSONValue.string(text).description.unicodeScalars {
            switch scalar.value {
            case 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
