import SwiftParser
import SwiftSyntax

/// What an argument says at compile time.
enum LiteralValue {
    case integer(Int)
    case number(Double)
    /// In nanoseconds.
    case duration(Double)
    /// `.name`, with or without a type in front.
    case name(String)

    init?(_ expression: ExprSyntax) {
        if let number = Self.number(expression) {
            self = number
        } else if let member = expression.as(MemberAccessExprSyntax.self) {
            let isZero = member.declName.baseName.text == "zero"
            self = isZero ? .duration(0) : .name(member.declName.baseName.text)
        } else if let duration = Self.duration(expression) {
            self = .duration(duration)
        } else {
            return nil
        }
    }

    /// The number, whatever its kind; nil for a name.
    var value: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value), .duration(let value): value
        case .name: nil
        }
    }

    private static func number(_ expression: ExprSyntax) -> LiteralValue? {
        if let prefix = expression.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "-" {
            switch number(prefix.expression) {
            case .integer(let value): return .integer(-value)
            case .number(let value): return .number(-value)
            default: return nil
            }
        }
        if let literal = expression.as(IntegerLiteralExprSyntax.self) {
            return literal.representedLiteralValue.map(LiteralValue.integer)
        }
        return expression.as(FloatLiteralExprSyntax.self)?.representedLiteralValue.map(LiteralValue.number)
    }

    /// `.seconds(3)`, `Duration.milliseconds(1.5)` and the like.
    private static func duration(_ expression: ExprSyntax) -> Double? {
        guard let call = expression.as(FunctionCallExprSyntax.self), call.arguments.count == 1,
            let member = call.calledExpression.as(MemberAccessExprSyntax.self),
            let unit = units[member.declName.baseName.text],
            ["", "Duration", "Swift.Duration"].contains(member.base?.trimmedDescription ?? ""),
            let argument = call.arguments.first, let value = number(argument.expression)?.value
        else { return nil }
        return value * unit
    }

    private static let units = [
        "seconds": 1e9, "milliseconds": 1e6, "microseconds": 1e3, "nanoseconds": 1,
    ]
}
