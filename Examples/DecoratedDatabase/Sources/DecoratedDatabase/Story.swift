import Foundation
import SageResilience
import SageTesting

/// What tells the story of this example.
enum Story {
    /// The time of all decorators: it stands still until `skippingWaits` moves it, so that a minute takes no time.
    static let clock = TestClock()
    /// Chance that is the same at every run.
    static let random = RandomSource.seeded(1)

    /// Prints what happened, and ends the example with an error when it is not what should have happened.
    static func report(_ line: String, asExpected: Bool) {
        print(asExpected ? "  \(line)" : "  NOT AS EXPECTED: \(line)")
        if !asExpected { exit(1) }
    }

    /// Runs a call and lets each wait of its retry pass at once, after doing what happens while it waits.
    static func skippingWaits<Result: Sendable>(
        meanwhile: @escaping @Sendable () throws -> Void = {}, _ call: () async throws -> Result
    ) async throws -> Result {
        async let _: Void = {
            while !Task.isCancelled {
                let end = await clock.nextTimerScheduled()
                guard end > clock.now else { continue }
                try meanwhile()
                clock.advance(to: end)
            }
        }()
        return try await call()
    }
}

/// Prints what the policies do.
struct Narrator: ResilienceListener {
    func receive(_ event: ResilienceEvent) { print("  - \(event)") }
}
