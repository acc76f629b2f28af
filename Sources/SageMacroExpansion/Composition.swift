import SwiftSyntax
import SwiftSyntaxBuilder

/// The decorators of a function, as the calls into the engine that run its body.
///
/// Most functions have one call. A fallback begins a new one, because an alternative must not run through the policies
/// that stand inside of it; a pipeline that exists is one by itself.
struct Composition {
    private enum Layer {
        case policies([DecoratorAttribute])
        case pipeline(DecoratorAttribute)
    }

    private let shape: FunctionShape
    private let layers: [Layer]
    private let location: SourceLocation
    private let isRetryAlone: Bool

    init(_ shape: FunctionShape, _ decorators: [DecoratorAttribute], at location: SourceLocation) {
        self.shape = shape
        self.location = location
        var layers: [Layer] = []
        for decorator in decorators {
            switch (decorator.kind, layers.last) {
            case (.resilient, _): layers.append(.pipeline(decorator))
            case (.fallback, _), (_, .pipeline), (_, nil): layers.append(.policies([decorator]))
            case (_, .policies(let policies)): layers[layers.count - 1] = .policies(policies + [decorator])
            }
        }
        self.layers = layers
        isRetryAlone = decorators.allSatisfy { $0.kind == .retry && ArgumentCheck.isKnownToBeValid($0) }
    }

    /// The expression that runs the body.
    func call(around body: CodeBlockItemListSyntax) -> String {
        var source = body.description
        while source.last?.isWhitespace == true { source.removeLast() }
        var operation = closure(throwing: shape.errorType, "\(source.first == "\n" ? "" : "\n")\(source)\n")
        // Converting a closure that captures nothing to one that throws any error makes the compiler of 6.3 crash.
        if shape.errorType != nil, !isRetryAlone {
            operation = closure("\ntry await SageResilience.Decorated.body \(operation)\n")
        }
        for (index, layer) in layers.enumerated().reversed() {
            let call = call(layer, index, operation)
            if index == 0 { return typed(call) }
            operation = closure("\ntry await \(call)\n")
        }
        return operation
    }

    /// Gives the errors of a call the type that the function declares.
    private func typed(_ call: String) -> String {
        guard let type = shape.errorType, !isRetryAlone else { return call }
        return "SageResilience.Decorated.throwing((\(type)).self) \(closure("\ntry await \(call)\n"))"
    }

    private func call(_ layer: Layer, _ index: Int, _ operation: String) -> String {
        switch layer {
        case .pipeline(let pipeline):
            return "SageResilience.Decorated.execute(\(argument(of: pipeline)), operation: \(operation))"
        case .policies(let policies):
            let function =
                if shape.errorType != nil, isRetryAlone {
                    "retry"
                } else if policies.contains(where: \.kind.needsChildTask) {
                    "executeInChildTask"
                } else {
                    "execute"
                }
            let list = policies.map { ".\($0.kind.function)(\($0.source(without: ["returning", "to"])))" }
            let fallback = policies.first { $0.kind == .fallback }.map { ", fallback: \(alternative(of: $0))" }
            return """
                SageResilience.Decorated.\(function)(\(site(index)), {
                try SageResilience.Decorator.stack(\(list.joined(separator: ", ")))
                }, operation: \(operation)\(fallback ?? ""))
                """
        }
    }

    private func argument(of pipeline: DecoratorAttribute) -> String {
        guard let first = pipeline.arguments.first else { return "" }
        let value = first.expression.trimmedDescription
        // Whether an expression is a name or a pipeline is for the compiler to find out.
        return "\(first.label?.text ?? "through"): \(value)"
    }

    private func site(_ index: Int) -> String {
        let part = location.part(index)
        let hash = String(SourceLocation.hash(part), radix: 16)
        return ".init(\(literal(shape.name)), in: \(literal(part)), hash: 0x\(hash))"
    }

    private func alternative(of fallback: DecoratorAttribute) -> String {
        let value =
            if let value = fallback["returning"] {
                value.trimmedDescription
            } else {
                "try await SageResilience.Decorated.result(\(FallbackTarget(fallback, of: shape)?.call(from: shape) ?? ""))"
            }
        let result = shape.result.map { "(_: any Error) async throws -> \($0) in" } ?? "_ in"
        return "{ \(result)\n\(value)\n}"
    }

    /// A closure that returns what the function returns.
    private func closure(throwing type: String? = nil, _ body: String) -> String {
        let clause = type.map { "throws(\($0))" } ?? "throws"
        return "{" + (shape.result.map { " () async \(clause) -> \($0) in" } ?? "") + body + "}"
    }

    private func literal(_ text: String) -> String {
        StringLiteralExprSyntax(content: text).description
    }
}
