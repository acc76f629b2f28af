import Synchronization

extension Supervisor {
    /// Stops all children in reverse order, one after another, and lets ``run()`` return; nothing is started again.
    ///
    /// Each child is asked to end when its turn has come (``Child/Context/isShuttingDown``) and cancelled when the grace
    /// is over; a child that only waits to be started again ends at once. Returns at once. While nothing runs it makes
    /// the next ``run()`` return at once, so that a shutdown that comes just before the start is not lost.
    ///
    /// - Parameter grace: The time that the children have together, zero to cancel them in turn. Defaults to
    ///   ``shutdownGrace``.
    public func shutDown(grace: Duration? = nil) {
        let grace = grace ?? shutdownGrace
        let now = timeline.now
        let waker = core.withLock { core in
            if core.waker == nil {
                core.requestedGrace = grace
            } else {
                core.machine.shutDown(grace: grace.saturatingNanoseconds, now: now)
            }
            return core.waker
        }
        waker?.yield()
    }

    /// Adds a child after all others.
    ///
    /// While the supervisor runs the child is started as soon as those before it are ready. A temporary child that is
    /// added then leaves the ``snapshot()`` when it has ended.
    ///
    /// - Throws: ``SupervisionError`` when there is a child of that name, or the supervisor is stopping.
    public func add(_ child: Child) throws(SupervisionError) {
        let (error, waker) = core.withLock { core -> (SupervisionError?, AsyncStream<Void>.Continuation?) in
            let isRunning = core.waker != nil
            if isRunning, core.machine.isStopping { return (.shuttingDown(supervisor: name), nil) }
            if core.machine.identifier(of: child.name) != nil { return (.duplicateChild(child.name), nil) }
            let id = core.machine.add(child, isForgotten: isRunning && child.restart == .temporary)
            core.children[id] = child
            return (nil, core.waker)
        }
        if let error { throw error }
        waker?.yield()
    }

    /// Starts a child that was stopped by hand or has ended, with a backoff that begins anew.
    ///
    /// One that runs goes on, and one that waits to be started goes on waiting. While the supervisor does not run, the child will be started with the others.
    ///
    /// - Parameter child: The child's name.
    /// - Throws: ``SupervisionError`` when there is no such child, or the supervisor is stopping.
    public func start(_ child: String) throws(SupervisionError) {
        let (error, waker) = core.withLock { core -> (SupervisionError?, AsyncStream<Void>.Continuation?) in
            guard let id = core.machine.identifier(of: child) else { return (.unknownChild(child), nil) }
            if core.waker != nil, core.machine.isStopping { return (.shuttingDown(supervisor: name), nil) }
            core.machine.release(id)
            return (nil, core.waker)
        }
        if let error { throw error }
        waker?.yield()
    }

    /// Cancels a child and waits until it has ended; it is not started again, not even with its group, until
    /// ``start(_:)``.
    ///
    /// - Parameter child: The child's name.
    /// - Throws: ``SupervisionError/unknownChild(_:)``; `CancellationError` when the waiting task is cancelled, as it is
    ///   when a child stops itself.
    public func stop(_ child: String) async throws {
        try await end(child, isForgotten: false)
    }

    /// Cancels a child, waits until it has ended and forgets it.
    ///
    /// - Parameter child: The child's name, which is free for another from now on.
    /// - Throws: ``SupervisionError/unknownChild(_:)``; `CancellationError` when the waiting task is cancelled; the child
    ///   is forgotten all the same.
    public func remove(_ child: String) async throws {
        try await end(child, isForgotten: true)
    }

    private func end(_ child: String, isForgotten: Bool) async throws {
        let now = timeline.now
        let (isKnown, run, mustCancel, waker, forgotten) = core.withLock { core in
            guard let id = core.machine.identifier(of: child) else {
                return (false, nil as Run?, false, nil as AsyncStream<Void>.Continuation?, [] as [Child])
            }
            let mustCancel = isForgotten ? core.machine.forget(id, now: now) : core.machine.hold(id, now: now)
            return (true, core.runs[id], mustCancel, core.waker, core.takeForgotten())
        }
        // What a child's closure holds ends here, not under the lock.
        _ = forgotten
        guard isKnown else { throw SupervisionError.unknownChild(child) }
        if mustCancel { run?.stop.send(()) }
        // One that waited to be started may have held others back, or have been the last.
        waker?.yield()
        try await run?.ended.wait()
    }
}

extension Supervisor.Core {
    /// Removes the children that nobody wants to know of any more.
    mutating func takeForgotten() -> [Child] {
        machine.removeForgotten().compactMap { children.removeValue(forKey: $0) }
    }
}
