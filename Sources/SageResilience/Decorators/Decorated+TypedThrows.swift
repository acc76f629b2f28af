extension Decorated {
    /// Runs a decorated call whose function throws errors of one type, which can stand for refusals too.
    ///
    /// - Parameters:
    ///   - type: The type of the function's errors.
    ///   - call: The decorated call.
    /// - Throws: An error of the type as it is; every other error made into one.
    @inlinable
    public static func throwing<Result, Failure: RefusableError>(
        _ type: Failure.Type, _ call: () async throws -> Result
    ) async throws(Failure) -> Result {
        do {
            return try await call()
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(refusal: error)
        }
    }

    /// Runs a decorated call whose function throws errors of one type, which can stand for refusals too; such a type
    /// needs nothing special.
    ///
    /// - Parameters:
    ///   - type: `any Error`.
    ///   - call: The decorated call.
    /// - Throws: Every error as it is.
    @inlinable
    public static func throwing<Result>(
        _ type: (any Error).Type, _ call: () async throws -> Result
    ) async throws -> Result {
        try await call()
    }

    /// Runs the body of a function that throws errors of one type.
    ///
    /// - Parameter body: The body.
    /// - Throws: The body's own error.
    @inlinable
    public static func body<Result, Failure: Error>(
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await body()
    }

    /// Runs an operation through retries alone, which throw nothing but its own errors.
    ///
    /// A task that is cancelled while it waits for the next attempt throws the last attempt's error. A retry that cannot
    /// be made has an error that could not be thrown here, so the operation then runs once, as if nothing were around it;
    /// `@Retry` comes here only with arguments that the compiler has checked, or with a configuration that exists.
    /// To learn of every wrong number use `throwing`, which needs a ``RefusableError``.
    ///
    /// - Parameters:
    ///   - site: Which function it is.
    ///   - decorators: Makes the retries, outermost first. A policy that refuses calls has no place among them: the first
    ///     attempt runs in spite of its refusal.
    ///   - operation: The function's body. Runs on the caller's executor, once for each attempt and at least once.
    /// - Throws: The operation's own last error, unchanged.
    @inlinable
    public static func retry<Result, Failure: Error>(
        _ site: Site, _ decorators: () throws -> [Decorator], operation: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        var last: Failure?
        do {
            return try await execute(site, decorators) {
                do throws(Failure) {
                    return try await operation()
                } catch {
                    last = error
                    throw error
                }
            }
        } catch {
            if let last { throw last }
        }
        return try await operation()
    }
}
