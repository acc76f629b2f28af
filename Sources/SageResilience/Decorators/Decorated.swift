/// What the decorators of `SageMacros` expand to: the body of a function, run through the policies of its attributes.
///
/// A decorated function has one pipeline in each ``ResilienceRegistry``, made by its first call there and used by all
/// instances of its type and all specialisations of a generic function. A call finds it through
/// ``ResilienceRegistry/current``, without an allocation.
///
/// ```swift
/// let reply = try await Decorated.execute(.init("Assistant.ask(_:)", in: "App/Assistant.swift:12:5", hash: 0x2f)) {
///     try Decorator.stack(.retry(maxAttempts: 3), .circuitBreaker("openai", failureThreshold: 3))
/// } operation: {
///     try await client.chat(request)
/// }
/// ```
///
/// To guard a call by hand use a ``ResiliencePipeline``, which reads better.
public enum Decorated {
    // MARK: In the caller's task

    /// Runs an operation through decorators that need no child task.
    ///
    /// - Parameters:
    ///   - site: Which function it is.
    ///   - decorators: Makes the decorators, outermost first; called when the registry does not know the function.
    ///   - operation: The function's body. Runs on the caller's executor, once for each attempt.
    /// - Throws: The operation's own error, unchanged; a ``ResilienceRejection``; ``ConfigurationError`` or
    ///   ``RegistryError`` when a decorator cannot be made.
    @inlinable
    public static func execute<Result>(
        _ site: Site, _ decorators: () throws -> [Decorator], operation: () async throws -> Result
    ) async throws -> Result {
        try await (find(site) ?? make(site, decorators)).execute(operation)
    }

    /// Runs an operation through decorators that need no child task, and an alternative when that fails.
    ///
    /// - Parameters:
    ///   - site: Which function it is.
    ///   - decorators: Makes the decorators, outermost first; called when the registry does not know the function.
    ///   - operation: The function's body. Runs on the caller's executor, once for each attempt.
    ///   - alternative: What to do after an error that the ``Decorator/fallback(kinds:classifier:)`` handles.
    /// - Throws: The error of the first when it is not handled, else the alternative's; ``ConfigurationError`` or
    ///   ``RegistryError`` when a decorator cannot be made.
    @inlinable
    public static func execute<Result>(
        _ site: Site, _ decorators: () throws -> [Decorator], operation: () async throws -> Result,
        fallback alternative: (any Error) async throws -> Result
    ) async throws -> Result {
        try await (find(site) ?? make(site, decorators)).execute(operation, fallback: alternative)
    }

    // MARK: In child tasks

    // The operation inherits the isolation of the function that is decorated, as the body of `Task { }` does, and may
    // leave out `self`: it is that function's body, and must be able to use the state of its actor as before.

    /// Runs an operation through decorators of which one needs a child task.
    ///
    /// - Parameters:
    ///   - site: Which function it is.
    ///   - decorators: Makes the decorators, outermost first; called when the registry does not know the function.
    ///   - operation: The function's body. Runs in a child task, on the actor of the function if it has one.
    /// - Throws: The operation's own error, unchanged; a ``ResilienceRejection``; a ``TimeLimiterError``;
    ///   ``ConfigurationError`` or ``RegistryError`` when a decorator cannot be made.
    @inlinable
    public static func executeInChildTask<Result: Sendable>(
        _ site: Site, _ decorators: () throws -> [Decorator],
        @_inheritActorContext @_implicitSelfCapture operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await (findSendable(site) ?? makeSendable(site, decorators)).execute(operation)
    }

    /// Runs an operation through decorators of which one needs a child task, and an alternative when that fails.
    ///
    /// - Parameters:
    ///   - site: Which function it is.
    ///   - decorators: Makes the decorators, outermost first; called when the registry does not know the function.
    ///   - operation: The function's body. Runs in a child task, on the actor of the function if it has one.
    ///   - alternative: What to do after an error that the ``Decorator/fallback(kinds:classifier:)`` handles.
    /// - Throws: The error of the first when it is not handled, else the alternative's; ``ConfigurationError`` or
    ///   ``RegistryError`` when a decorator cannot be made.
    @inlinable
    public static func executeInChildTask<Result: Sendable>(
        _ site: Site, _ decorators: () throws -> [Decorator],
        @_inheritActorContext @_implicitSelfCapture operation: @escaping @Sendable () async throws -> Result,
        @_inheritActorContext @_implicitSelfCapture fallback alternative:
            @escaping @Sendable (any Error) async throws -> Result
    ) async throws -> Result {
        try await (findSendable(site) ?? makeSendable(site, decorators)).execute(operation, fallback: alternative)
    }

    // MARK: Through a pipeline that exists

    /// Runs an operation through the pipeline that is registered under a name, asked for anew by each call.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/pipelines`` of ``ResilienceRegistry/current``, or else in
    ///     ``ResilienceRegistry/inTaskPipelines``.
    ///   - operation: The function's body. Runs on the actor of the function if it has one.
    /// - Throws: ``RegistryError``, which lists the names that exist, when there is none; what the pipeline throws.
    public static func execute<Result: Sendable>(
        through name: String,
        @_inheritActorContext @_implicitSelfCapture operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let registry = ResilienceRegistry.current
        if let pipeline = registry.pipelines[name] { return try await pipeline.execute(operation) }
        if let pipeline = registry.inTaskPipelines[name] { return try await pipeline.execute(operation) }
        return try await registry.pipelines.find(name).execute(operation)
    }

    /// Runs an operation through the in-task pipeline that is registered under a name, asked for anew by each call.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/inTaskPipelines`` of ``ResilienceRegistry/current``.
    ///   - operation: The function's body. Runs on the caller's executor.
    /// - Throws: ``RegistryError``, which lists the names that exist, when there is none; what the pipeline throws.
    @inlinable
    public static func execute<Result>(
        inTask name: String, operation: () async throws -> Result
    ) async throws -> Result {
        try await ResilienceRegistry.current.inTaskPipelines.find(name).execute(operation)
    }

    /// Runs an operation through a pipeline.
    ///
    /// - Parameters:
    ///   - pipeline: The pipeline.
    ///   - operation: The function's body. Runs on the actor of the function if it has one.
    /// - Throws: What the pipeline throws.
    @inlinable
    public static func execute<Result: Sendable>(
        through pipeline: ResiliencePipeline,
        @_inheritActorContext @_implicitSelfCapture operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await pipeline.execute(operation)
    }

    /// Runs an operation through a pipeline that runs everything in the caller's task.
    ///
    /// - Parameters:
    ///   - pipeline: The pipeline.
    ///   - operation: The function's body. Runs on the caller's executor.
    /// - Throws: What the pipeline throws.
    @inlinable
    public static func execute<Result>(
        through pipeline: InTaskResiliencePipeline, operation: () async throws -> Result
    ) async throws -> Result {
        try await pipeline.execute(operation)
    }

    // MARK: Alternatives

    /// The result of an alternative, whether or not making it suspends and throws.
    ///
    /// - Parameter result: The result.
    /// - Throws: Nothing itself; what making the result throws.
    @inlinable
    public static func result<Result>(_ result: Result) async throws -> Result { result }

    // MARK: Pipelines of functions

    @usableFromInline
    static func find(_ site: Site) -> InTaskResiliencePipeline? {
        ResilienceRegistry.current.decorated.inTaskPipeline(of: site)
    }

    @usableFromInline
    static func make(_ site: Site, _ decorators: () throws -> [Decorator]) throws -> InTaskResiliencePipeline {
        let registry = ResilienceRegistry.current
        let component = try Decorator.component(of: decorators(), at: site, in: registry, mayUseChildTasks: false)
        let pipeline = InTaskResiliencePipeline(
            site.function, clock: registry.clock, random: registry.random, listener: registry.listener
        ) { return component }
        return registry.decorated.add(pipeline, of: site)
    }

    @usableFromInline
    static func findSendable(_ site: Site) -> ResiliencePipeline? {
        ResilienceRegistry.current.decorated.pipeline(of: site)
    }

    @usableFromInline
    static func makeSendable(_ site: Site, _ decorators: () throws -> [Decorator]) throws -> ResiliencePipeline {
        let registry = ResilienceRegistry.current
        let component = try Decorator.component(of: decorators(), at: site, in: registry, mayUseChildTasks: true)
        let pipeline = ResiliencePipeline(
            site.function, clock: registry.clock, random: registry.random, listener: registry.listener
        ) { return component }
        return registry.decorated.add(pipeline, of: site)
    }
}
