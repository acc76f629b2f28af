public import SageResilience

/// Runs the body through the pipeline that is registered under a name, asked for anew by each call.
///
/// ```swift
/// @Resilient("search")
/// func search(_ query: String) async throws -> [Hit] { ... }
/// ```
///
/// The pipeline may have policies that need child tasks, so what the body uses and returns must be `Sendable`, except
/// that a method of an actor goes on using its actor's state.
///
/// - Parameter name: The name in `ResilienceRegistry.pipelines` of `ResilienceRegistry.current`, or else in
///   `ResilienceRegistry.inTaskPipelines`. Where there is none the call throws `RegistryError`, which lists the names
///   that exist.
@attached(body)
public macro Resilient(_ name: String) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Runs the body through the in-task pipeline that is registered under a name, asked for anew by each call.
///
/// Nothing need be `Sendable`.
///
/// - Parameter name: The name in `ResilienceRegistry.inTaskPipelines` of `ResilienceRegistry.current`. Where there is
///   none the call throws `RegistryError`, which lists the names that exist.
@attached(body)
public macro Resilient(inTask name: String) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Runs the body through a pipeline.
///
/// ```swift
/// @Resilient(Pipelines.search)
/// func search(_ query: String) async throws -> [Hit] { ... }
/// ```
///
/// - Parameter pipeline: The pipeline; the expression is evaluated by each call.
@attached(body)
public macro Resilient(_ pipeline: ResiliencePipeline) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Runs the body through a pipeline that runs everything in the caller's own task.
///
/// - Parameter pipeline: The pipeline; the expression is evaluated by each call.
@attached(body)
public macro Resilient(_ pipeline: InTaskResiliencePipeline) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
