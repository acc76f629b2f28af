/// What an error says about itself, as far as that is cheap to find out and meant as an explanation.
///
/// The name of its type, and its description if it has one of its own. Of other errors the name of the case and the
/// fields that explain, such as `message` and `code`: a field may as well hold megabytes, or what a model has written.
/// The text is searched and forgotten; it goes nowhere else.
enum ErrorText {
    static func folded(_ error: any Error) -> FoldedText {
        var text = FoldedText("")
        text.append(identifier: "\(type(of: error))")
        if let described = error as? any CustomStringConvertible {
            text.append(described.description)
        } else {
            append(Mirror(reflecting: error), of: error, to: &text)
        }
        return text
    }

    /// Fields that explain an error, by their names in small letters.
    private static let explaining: Set<String> = [
        "cause", "code", "description", "detail", "details", "error", "errordescription", "kind", "message", "msg",
        "reason", "status", "statuscode", "title", "type",
    ]

    private static let mostFields = 16

    private static func append(_ mirror: Mirror, of error: any Error, to text: inout FoldedText) {
        if mirror.displayStyle == .enum {
            guard let payload = mirror.children.first else { return text.append(identifier: "\(error)") }
            text.append(identifier: payload.label ?? "")
            if !append(payload.value, to: &text) {
                appendFields(of: Mirror(reflecting: payload.value), to: &text)
            }
        } else {
            appendFields(of: mirror, to: &text)
        }
    }

    private static func appendFields(of mirror: Mirror, to text: inout FoldedText) {
        for (label, value) in mirror.children.prefix(mostFields) {
            guard let label, explaining.contains(label.lowercased()) else { continue }
            if let number = value as? any FixedWidthInteger {
                text.append("\(label) \(number)")
            } else {
                append(value, to: &text)
            }
        }
    }

    /// Adds a string or the name of a case; false when the value is neither.
    @discardableResult
    private static func append(_ value: Any, to text: inout FoldedText) -> Bool {
        if let string = value as? String {
            text.append(string)
            return true
        }
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            guard let wrapped = mirror.children.first?.value else { return false }
            return append(wrapped, to: &text)
        }
        guard mirror.displayStyle == .enum, mirror.children.isEmpty, !(value is any CustomStringConvertible) else {
            return false
        }
        text.append(identifier: "\(value)")
        return true
    }
}
