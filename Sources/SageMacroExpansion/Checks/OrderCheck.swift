import SwiftDiagnostics
import SwiftSyntax

/// Finds orders that are known to be wrong: those that a pipeline reports when it is made (`PipelineWarning`), as far as
/// the attributes tell, and what stands above a fallback, which a pipeline has at its outside wherever it is written.
enum OrderCheck {
    static func diagnostics(
        for decorators: [DecoratorAttribute], in function: FunctionDeclSyntax
    ) -> [Diagnostic] {
        var diagnostics: [Diagnostic] = []
        for (index, outer) in decorators.enumerated() {
            for inner in decorators[(index + 1)...] {
                guard let problem = problem(outer, inner) else { continue }
                let moved = function.attributes.moving(outer.syntax, behind: inner.syntax)
                let move = FixIt.replacing(
                    function.attributes, by: moved, "Move \(outer.name) below \(inner.name)")
                diagnostics.append(
                    .warning("\(problem.text)", at: outer.syntax, fixIts: problem.isMendedByMoving ? [move] : []))
            }
        }
        return diagnostics + queues(decorators)
    }

    private static func problem(
        _ outer: DecoratorAttribute, _ inner: DecoratorAttribute
    ) -> (text: String, isMendedByMoving: Bool)? {
        switch (outer.kind, inner.kind) {
        case (.hedged, .retry):
            return ("stands above @Retry, so that their attempts multiply; keep one of them", false)
        case (.circuitBreaker, .retry):
            return (
                "stands above @Retry, so that it judges only the last attempt and cannot stop the others; move it"
                    + " below", true
            )
        case (_, .retry) where outer.kind.isLimiter:
            return ("stands above @Retry, so that it counts a call with all its attempts once; move it below", true)
        case (.rateLimited, .circuitBreaker), (.bulkhead, .circuitBreaker):
            return (
                "stands above @CircuitBreaker, so that calls which the breaker refuses use its permits; move it below",
                true
            )
        case (.bulkhead, .timeout) where inner["mode"]?.trimmedDescription.contains("abandoning") == true:
            return (
                "stands above a @Timeout that abandons the body, so that it gives the place away while that goes on; move"
                    + " it below, without a queue", true
            )
        case (.retry, .fallback), (.circuitBreaker, .fallback), (.throttled, .fallback), (.adaptiveLimited, .fallback):
            return (
                "stands above @Fallback, so that it sees the alternative instead of the failure; move it below", true
            )
        case (.timeout, .timeout):
            guard let outerLimit = outer.unlabeled.flatMap(LiteralValue.init)?.value,
                let innerLimit = inner.unlabeled.flatMap(LiteralValue.init)?.value, innerLimit >= outerLimit
            else { return nil }
            return ("is not longer than the @Timeout below it, which never fires then; make that one shorter", false)
        default:
            return nil
        }
    }

    /// Queues below a time limit that is itself below a retry.
    private static func queues(_ decorators: [DecoratorAttribute]) -> [Diagnostic] {
        guard let retry = decorators.firstIndex(where: { $0.kind == .retry }),
            let limit = decorators[retry...].firstIndex(where: { $0.kind == .timeout })
        else { return [] }
        return decorators[limit...]
            .filter { [.rateLimited, .bulkhead].contains($0.kind) && !$0.isKnownNotToWait }
            .map {
                .warning(
                    "stands below the @Timeout of each attempt, so that waiting in its queue counts as a time-out of"
                        + " the service; move it above", at: $0.syntax)
            }
    }
}

extension DecoratorAttribute {
    /// Whether the arguments say that nobody waits; a policy that is only named may be anything.
    fileprivate var isKnownNotToWait: Bool {
        let numbers = ["maxWait", "maxQueued"].map { self[$0].flatMap(LiteralValue.init)?.value }
        return numbers.contains(0) || self["limit"] == nil
    }
}

extension AttributeListSyntax {
    /// The same attributes, one of them moved behind another; the layout stays with the places.
    fileprivate func moving(_ attribute: AttributeSyntax, behind other: AttributeSyntax) -> AttributeListSyntax {
        let old = Array(self)
        guard let from = old.firstIndex(where: { $0.id == attribute.id }),
            let to = old.firstIndex(where: { $0.id == other.id })
        else { return self }
        var new = old
        new.insert(new.remove(at: from), at: to)
        return AttributeListSyntax(
            zip(new, old).map { element, place in
                element.with(\.leadingTrivia, place.leadingTrivia).with(\.trailingTrivia, place.trailingTrivia)
            })
    }
}
