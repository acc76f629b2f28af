/// Collects the children of a ``Supervisor``, in the order in which they start.
@resultBuilder
public enum ChildBuilder {
    /// Adds a child.
    public static func buildExpression(_ child: Child) -> [Child] { [child] }

    /// Adds a supervisor as a child that is started again when it gives up.
    public static func buildExpression(_ supervisor: Supervisor) -> [Child] { [Child(supervisor)] }

    /// Joins the children of a block.
    public static func buildBlock(_ children: [Child]...) -> [Child] { buildArray(children) }

    /// Supports `if` without `else`.
    public static func buildOptional(_ children: [Child]?) -> [Child] { children ?? [] }

    /// Supports `if` and `switch`.
    public static func buildEither(first children: [Child]) -> [Child] { children }

    /// Supports `else` and `switch`.
    public static func buildEither(second children: [Child]) -> [Child] { children }

    /// Supports `for`.
    public static func buildArray(_ children: [[Child]]) -> [Child] { children.flatMap { $0 } }
}
