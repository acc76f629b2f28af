import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct FallbackTests {
    private let recorder = EventRecorder()

    @Test(
        "which alternative mends which error",
        arguments: ErrorClass.allCases.map { errorClass -> (ErrorClass, Fallback.Kind?) in
            switch errorClass {
            case .contextWindow: (errorClass, .contextWindow)
            case .contentPolicy: (errorClass, .contentPolicy)
            case .permanent: (errorClass, nil)
            default: (errorClass, .general)
            }
        })
    func kinds(errorClass: ErrorClass, kind: Fallback.Kind?) {
        #expect(Fallback.Kind(for: errorClass) == kind)
        let error = ServiceError(errorClass)
        for offered in Fallback.Kind.allCases {
            #expect(Fallback(for: [offered]).handles(error) == (offered == kind))
        }
        #expect(Fallback(for: Set(Fallback.Kind.allCases)).handles(error) == (kind != nil))
        #expect(!Fallback(for: []).handles(error))
    }

    @Test func byDefaultEveryTroubleOfTheServiceIsHandled() {
        let fallback = Fallback()
        #expect(fallback.handles(UnknownError()))
        #expect(fallback.handles(TimeLimiterError(policyName: "t", limit: .seconds(1))))
        #expect(fallback.handles(Refusal()))
        #expect(!fallback.handles(ServiceError(.contextWindow)))
        #expect(!fallback.handles(ServiceError.permanent))
    }

    @Test func aPredicateDecidesAlone() async throws {
        let fallback = Fallback { $0 as? UnknownError == UnknownError(number: 1) }
        #expect(try await fallback.execute({ throw UnknownError(number: 1) }, fallback: { _ in 7 }) == 7)
        await #expect(throws: UnknownError(number: 2)) {
            try await fallback.execute({ throw UnknownError(number: 2) }, fallback: { _ in 7 })
        }
    }

    @Test func aSuccessNeedsNoAlternative() async throws {
        let fallback = Fallback(listener: recorder)
        let value = try await fallback.execute(
            { 1 },
            fallback: { _ in
                Issue.record("used")
                return 2
            })
        #expect(value == 1)
        #expect(recorder.events.isEmpty)
    }

    @Test func theAlternativeIsToldTheErrorAndItsOwnErrorPasses() async throws {
        let fallback = Fallback("f", listener: recorder)
        await #expect(throws: UnknownError(number: 2)) {
            try await fallback.execute(
                { throw UnknownError(number: 1) },
                fallback: { error in
                    #expect(error as? UnknownError == UnknownError(number: 1))
                    throw UnknownError(number: 2)
                })
        }
        guard case .fallbackUsed(1, let error) = recorder.kinds.first else {
            Issue.record("\(recorder.kinds)")
            return
        }
        #expect(error as? UnknownError == UnknownError(number: 1))
        #expect(recorder.events.map(\.policy) == [PolicyIdentity(.fallback, "f")])
    }

    @Test(arguments: 0..<4)
    func targetsAreTriedInOrderUntilOneAnswers(working: Int) async throws {
        var tried: [String] = []
        let targets = ["a", "b", "c", "d"]
        let result = try await Fallback(listener: recorder).execute(over: targets) { target in
            tried.append(target)
            if target != targets[working] { throw UnknownError(number: tried.count) }
            return target.uppercased()
        }
        #expect(result.value == targets[working].uppercased())
        #expect(result.target == working)
        #expect(result.errors as? [UnknownError] == (0..<working).map { UnknownError(number: $0 + 1) })
        #expect(tried == Array(targets[...working]))
        let alternatives = recorder.kinds.compactMap { kind in
            if case .fallbackUsed(let alternative, _) = kind { alternative } else { nil }
        }
        #expect(alternatives == Array(0..<working).map { $0 + 1 })
    }

    @Test func theLastErrorIsThrown() async {
        var number = 0
        await #expect(throws: UnknownError(number: 3)) {
            try await Fallback(listener: recorder).execute(over: 0..<3) { _ -> Int in
                number += 1
                throw UnknownError(number: number)
            }
        }
        #expect(recorder.events.count == 2, "there is no alternative after the last")
    }

    @Test func whatNobodyCanMendStops() async {
        var tried = 0
        await #expect(throws: ServiceError.permanent) {
            try await Fallback().execute(over: 0..<3) { _ -> Int in
                tried += 1
                throw ServiceError.permanent
            }
        }
        #expect(tried == 1)
    }

    @Test func noTargetAtAllIsAnError() async {
        let error = await #expect(throws: ConfigurationError.self) {
            try await Fallback().execute(over: [Int]()) { $0 }
        }
        #expect(error?.field == "targets")
    }

    @Test func aCancelledCallerNeverFallsBack() async throws {
        let (fallback, gate) = (Fallback { _ in true }, Gate())
        let tried = Locked(0)
        let pair = Task {
            try await fallback.execute(
                {
                    await gate.passStubbornly()
                    throw UnknownError(number: 1)
                }, fallback: { _ in Issue.record("used") })
        }
        let list = Task {
            try await fallback.execute(over: 0..<3) { _ in
                tried.update { $0 += 1 }
                await gate.passStubbornly()
                throw UnknownError(number: 1)
            }
        }
        pair.cancel()
        list.cancel()
        gate.open()
        await #expect(throws: UnknownError(number: 1)) { try await pair.value }
        await #expect(throws: UnknownError(number: 1)) { try await list.value }
        #expect(tried.value == 1)
    }
}
