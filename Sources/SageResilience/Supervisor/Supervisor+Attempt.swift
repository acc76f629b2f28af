import Synchronization

extension Supervisor {
    /// How a run of a child ended, with its error.
    enum Outcome: Sendable {
        case notBegun
        case returned
        case threw(any Error, ErrorClass)
    }

    /// Runs a child once: the backoff, the operation, and the wait for a child that was told to end.
    func attempt(_ id: Int, _ child: Child, _ run: Run, _ notBefore: Moment) async -> Outcome {
        await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await self.operate(id, child, run, notBefore) }
            group.addTask {
                await self.watch(id, child, run)
                return nil
            }
            defer { group.cancelAll() }
            while let outcome = await group.next() {
                if let outcome { return outcome }
            }
            return .notBegun
        }
    }

    /// Reports a child that goes on for too long after it was stopped.
    private func watch(_ id: Int, _ child: Child, _ run: Run) async {
        guard (try? await run.stop.wait()) != nil,
            (try? await timeline.sleep(nanoseconds: shutdownLimit.saturatingNanoseconds)) != nil
        else { return }
        let now = timeline.now
        core.withLock { noteLimit(&$0, id, run.number, child.name, now: now) }
        emitter?.deliver()
    }

    func noteLimit(_ core: inout Core, _ id: Int, _ run: Int, _ name: String, now: Moment) {
        guard core.machine.exceedsLimit(id, run: run, now: now) else { return }
        emitter?.enqueue(.childUnresponsive(child: name, limit: shutdownLimit))
    }

    private func operate(_ id: Int, _ child: Child, _ run: Run, _ notBefore: Moment) async -> Outcome {
        do {
            guard try await timeline.sleep(until: notBefore, unless: run.stop), !Task.isCancelled else {
                return .notBegun
            }
        } catch {
            // A clock that fails for reasons of its own must not make the child restart without end or count.
            return Task.isCancelled ? .notBegun : outcome(of: error)
        }
        let now = timeline.now
        let (mayBegin, waker) = core.withLock { core in
            guard let restarts = core.machine.mayBegin(id, run: run.number, now: now) else {
                return (false, core.waker)
            }
            emitter?.enqueue(.childStarted(child: child.name, restarts: restarts))
            return (true, core.waker)
        }
        guard mayBegin else { return .notBegun }
        emitter?.deliver()
        // Now those after it may start.
        waker?.yield()
        let context = Child.Context(shutdown: run.shutdown, stop: run.stop) {
            let waker = self.core.withLock { core in
                core.machine.ready(id, run: run.number)
                return core.waker
            }
            waker?.yield()
        }
        return await withTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                do {
                    try await child.operation(context)
                    return .returned
                } catch {
                    return self.outcome(of: error)
                }
            }
            group.addTask {
                _ = try? await run.stop.wait()
                return nil
            }
            defer { group.cancelAll() }
            while let outcome = await group.next() {
                if let outcome { return outcome }
                // A supervisor hears the signal itself, and stops its children in order.
                if child.nested == nil { group.cancelAll() }
            }
            return .notBegun
        }
    }

    private func outcome(of error: any Error) -> Outcome {
        .threw(error, classifier.classify(error).errorClass)
    }
}

extension Timeline {
    /// Waits until a moment; returns false as soon as a signal comes first.
    func sleep<Message>(until moment: Moment, unless signal: StopSignal<Message>) async throws -> Bool {
        guard signal.message == nil else { return false }
        guard now < moment else { return true }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.sleep(until: moment)
                return true
            }
            group.addTask {
                _ = try await signal.wait()
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
