import Synchronization

/// The pipelines of the decorated functions that have been called under one registry.
///
/// Bounded by the number of decorated functions in the program's source, so that nothing need be evicted.
final class DecoratedTable: Sendable {
    private struct Pipelines {
        var inTask: [Decorated.Site: InTaskResiliencePipeline] = [:]
        var sendable: [Decorated.Site: ResiliencePipeline] = [:]
    }

    private let pipelines = Mutex(Pipelines())

    func inTaskPipeline(of site: Decorated.Site) -> InTaskResiliencePipeline? {
        pipelines.withLock { $0.inTask[site] }
    }

    func pipeline(of site: Decorated.Site) -> ResiliencePipeline? {
        pipelines.withLock { $0.sendable[site] }
    }

    /// Stores the pipeline of a function, unless a call that raced with this one was first.
    ///
    /// - Returns: The pipeline that is stored.
    func add(_ pipeline: InTaskResiliencePipeline, of site: Decorated.Site) -> InTaskResiliencePipeline {
        pipelines.withLock { pipelines in
            if let stored = pipelines.inTask[site] { return stored }
            pipelines.inTask[site] = pipeline
            return pipeline
        }
    }

    /// Stores the pipeline of a function, unless a call that raced with this one was first.
    ///
    /// - Returns: The pipeline that is stored.
    func add(_ pipeline: ResiliencePipeline, of site: Decorated.Site) -> ResiliencePipeline {
        pipelines.withLock { pipelines in
            if let stored = pipelines.sendable[site] { return stored }
            pipelines.sendable[site] = pipeline
            return pipeline
        }
    }

    func removeAll() {
        // Released outside the lock: the end of a policy may be somebody's code.
        _ = pipelines.withLock { pipelines in
            defer { pipelines = Pipelines() }
            return pipelines
        }
    }

    var members: [any Sendable] {
        let all = pipelines.withLock { $0 }
        return all.inTask.values.flatMap(\.members) + all.sendable.values.flatMap(\.members)
    }

    var functions: [DecoratedFunction] {
        let all = pipelines.withLock { $0 }
        let inTask = all.inTask.map { DecoratedFunction($0, $1.describe(), $1.warnings) }
        let sendable = all.sendable.map { DecoratedFunction($0, $1.describe(), $1.warnings) }
        return (inTask + sendable).sorted { ($0.name, $0.location) < ($1.name, $1.location) }
    }
}

/// A decorated function that has been called, for a status page.
public struct DecoratedFunction: Sendable {
    /// The function's name with its type, for example `Store.save(_:)`.
    public let name: String
    /// Where it stands: module, file, line and column.
    public let location: String
    /// Its policies as a tree, outermost first.
    public let policies: String
    /// What is known to be wrong with their order; empty when nothing is.
    public let warnings: [PipelineWarning]

    fileprivate init(_ site: Decorated.Site, _ policies: String, _ warnings: [PipelineWarning]) {
        self.name = site.function
        self.location = site.location
        self.policies = policies
        self.warnings = warnings
    }
}

extension ResilienceRegistry {
    /// The decorated functions that have been called under this registry, by name.
    ///
    /// A function whose attributes make nested pipelines, around a fallback for example, is listed once for each.
    public var decoratedFunctions: [DecoratedFunction] { decorated.functions }

    /// The policies of these functions themselves, for those that look at their states; some are in the registry, too.
    package var decoratedMembers: [any Sendable] { decorated.members }
}
