/// A policy as a decorator names it, to be made for one function by ``Decorated``.
///
/// A policy with a name is the one that the registry has under this name, created if there is none: functions that
/// write the same name share it, and the arguments of the first that is called count. A policy without a name belongs
/// to its function and carries the function's name in events and errors.
public struct Decorator {
    /// For whom a policy is made.
    struct Owner {
        let function: String
        let registry: ResilienceRegistry
    }

    let name: String?
    let needsChildTask: Bool
    let make: (Owner) throws -> PipelineComponent

    init(
        named name: String? = nil, needsChildTask: Bool = false, _ make: @escaping (Owner) throws -> PipelineComponent
    ) {
        self.name = name
        self.needsChildTask = needsChildTask
        self.make = make
    }

    /// The decorators of a function, outermost first.
    ///
    /// - Parameter decorators: The decorators.
    /// - Throws: ``ConfigurationError`` for a name that is empty.
    public static func stack(_ decorators: Decorator...) throws(ConfigurationError) -> [Decorator] {
        for case let name? in decorators.map(\.name) where name.isEmpty {
            throw ConfigurationError(field: "name", value: "empty", allowed: "a name that is not empty")
        }
        return decorators
    }

    static func component(
        of decorators: [Decorator], at site: Decorated.Site, in registry: ResilienceRegistry, mayUseChildTasks: Bool
    ) throws -> PipelineComponent {
        guard mayUseChildTasks || !decorators.contains(where: \.needsChildTask) else {
            throw ConfigurationError(
                field: "decorators of \(site.function)", value: "one that needs a child task",
                allowed: "those that run in the caller's task")
        }
        let owner = Owner(function: site.function, registry: registry)
        return PipelineBuilder.buildArray(try decorators.map { try $0.make(owner) })
    }
}
