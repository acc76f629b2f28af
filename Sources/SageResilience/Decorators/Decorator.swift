/// A policy as a decorator names it, to be made for one function by ``Decorated``.
///
/// A policy with a name is the one that the registry has under this name, created if there is none: functions that
/// write the same name share it, and the arguments of the first that is called count. A policy without a name belongs
/// to its function and carries the function's name in events and errors.
public struct Decorator {
    let name: String?
    let needsChildTask: Bool
    let make: (ResilienceRegistry) throws -> PipelineComponent

    /// A policy of the function's own: the function's pipeline gives it its name, clock and listener.
    init(needsChildTask: Bool = false, _ make: @escaping () throws -> PipelineComponent) {
        self.name = nil
        self.needsChildTask = needsChildTask
        self.make = { _ in try make() }
    }

    /// The policy of a name in one of the registries, or one of the function's own.
    ///
    /// A policy with a name is not evicted any more: the function's pipeline holds it for good, and a second one of the
    /// same name would know nothing of its calls.
    ///
    /// - Parameters:
    ///   - name: The name; nil for a policy of the function's own.
    ///   - policies: Where the registry has such policies.
    ///   - own: Makes the function's own.
    ///   - named: Finds the policy of a name, or creates it.
    init<Policy>(
        _ name: String?, in policies: @escaping (ResilienceRegistry) -> Registry<Policy>,
        own: @escaping () throws -> PipelineComponent,
        named: @escaping (ResilienceRegistry, String) throws -> PipelineComponent
    ) {
        self.name = name
        self.needsChildTask = false
        self.make = { registry in
            guard let name else { return try own() }
            policies(registry).pin(name)
            return try named(registry, name)
        }
    }

    /// The policy that is registered under a name.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - policies: Where the registry has such policies.
    ///   - component: The policy in a pipeline.
    init<Policy>(
        registered name: String, in policies: @escaping (ResilienceRegistry) -> Registry<Policy>,
        _ component: @escaping (Policy) -> PipelineComponent
    ) {
        self.name = name
        self.needsChildTask = false
        self.make = { registry in
            let policy = try policies(registry).find(name)
            policies(registry).pin(name)
            return component(policy)
        }
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
        return PipelineBuilder.buildArray(try decorators.map { try $0.make(registry) })
    }
}
