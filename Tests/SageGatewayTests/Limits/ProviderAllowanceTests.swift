import SageLLM
import SageResilience
import SageTesting
import Testing

@testable import SageGateway

struct ProviderAllowanceTests {
    private static let hour: Int64 = 3_600_000_000_000

    private func moment(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }

    private func requests(_ remaining: Int, reset: Int64, limit: Int? = nil) -> RateHeaders {
        RateHeaders(requests: .init(limit: limit, remaining: remaining, reset: .seconds(reset)))
    }

    private func admitted(_ admission: ProviderAllowance.Admission) throws -> ProviderAllowance.Mark {
        guard case .admitted(let mark) = admission else { throw UnexpectedReply() }
        return mark
    }

    @Test func whatIsLeftIsCountedDown() throws {
        var allowance = ProviderAllowance()
        let mark = try admitted(allowance.admit(0, now: .zero))
        allowance.learn(requests(2, reset: 30), about: mark, longest: Self.hour, now: .zero)
        _ = try admitted(allowance.admit(0, now: moment(1)))
        _ = try admitted(allowance.admit(0, now: moment(2)))
        #expect(allowance.admit(0, now: moment(29)) == .refused(until: moment(30)))
        _ = try admitted(allowance.admit(0, now: moment(30)))
    }

    @Test func whatWasSentSinceTheAnsweredRequestIsSubtracted() throws {
        var allowance = ProviderAllowance()
        let first = try admitted(allowance.admit(0, now: .zero))
        _ = try admitted(allowance.admit(0, now: .zero))
        _ = try admitted(allowance.admit(0, now: .zero))
        allowance.learn(requests(3, reset: 30), about: first, longest: Self.hour, now: .zero)
        _ = try admitted(allowance.admit(0, now: .zero))
        #expect(allowance.admit(0, now: .zero) == .refused(until: moment(30)))
    }

    @Test func ofTwoAnswersTheYoungerRequestsCounts() throws {
        var allowance = ProviderAllowance()
        let first = try admitted(allowance.admit(0, now: .zero))
        let second = try admitted(allowance.admit(0, now: .zero))
        allowance.learn(requests(5, reset: 30), about: second, longest: Self.hour, now: .zero)
        allowance.learn(requests(0, reset: 60), about: first, longest: Self.hour, now: .zero)
        #expect(allowance.blockedUntil(0, now: .zero) == nil)
        allowance.learn(requests(0, reset: 10), about: second, longest: Self.hour, now: .zero)
        #expect(allowance.blockedUntil(0, now: .zero) == moment(10))
    }

    @Test func aNewerAnswerLiftsTheBar() throws {
        var allowance = ProviderAllowance()
        let first = try admitted(allowance.admit(0, now: .zero))
        let second = try admitted(allowance.admit(0, now: .zero))
        allowance.learn(requests(1, reset: 60), about: first, longest: Self.hour, now: .zero)
        #expect(allowance.blockedUntil(0, now: .zero) != nil)
        allowance.learn(requests(9, reset: 60), about: second, longest: Self.hour, now: moment(1))
        #expect(allowance.blockedUntil(0, now: moment(1)) == nil)
    }

    @Test func aRequestThatWasNotSentIsGivenBack() throws {
        var allowance = ProviderAllowance()
        allowance.learn(requests(1, reset: 60), about: nil, longest: Self.hour, now: .zero)
        let mark = try admitted(allowance.admit(0, now: .zero))
        #expect(allowance.blockedUntil(0, now: .zero) != nil)
        allowance.giveBack(mark)
        #expect(allowance.blockedUntil(0, now: .zero) == nil)
    }

    @Test func whatAnAnswerHasCountedIsNotGivenBack() throws {
        var allowance = ProviderAllowance()
        let mark = try admitted(allowance.admit(0, now: .zero))
        allowance.learn(requests(0, reset: 60), about: mark, longest: Self.hour, now: .zero)
        allowance.giveBack(mark)
        #expect(allowance.blockedUntil(0, now: .zero) != nil)
    }

    @Test(arguments: [
        // left, limit, estimate, whether it may be sent
        (0, 16_000, 1, false), (999, 16_000, 20_000, false), (999, 16_000, 900, true), (1_000, 16_000, 20_000, true),
        (1, nil, 20_000, true), (0, nil, 0, false),
    ])
    func anEstimateKeepsACallBackOnlyWhenLittleIsLeft(_ left: Int, _ limit: Int?, _ estimate: Int, _ passes: Bool) {
        var allowance = ProviderAllowance()
        let tokens = RateHeaders.Window(limit: limit, remaining: left, reset: .seconds(5))
        allowance.learn(RateHeaders(tokens: tokens), about: nil, longest: Self.hour, now: .zero)
        #expect((allowance.blockedUntil(estimate, now: .zero) == nil) == passes)
    }

    @Test func anAnswerThatNamesNoLimitsEndsTheBar() throws {
        var allowance = ProviderAllowance()
        let mark = try admitted(allowance.admit(0, now: .zero))
        allowance.learn(requests(0, reset: 60), about: mark, longest: Self.hour, now: .zero)
        allowance.learn(
            RateHeaders(tokens: .init(remaining: 5, reset: .seconds(1))), about: mark, longest: Self.hour, now: .zero)
        #expect(allowance.blockedUntil(0, now: .zero) == nil)
    }

    /// A provider that counts for itself, and answers in any order: it is never asked for more than it grants.
    @Test(arguments: 0..<16)
    func aProviderIsNeverAskedForMoreThanItGrants(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var allowance = ProviderAllowance()
        let limit = 12
        let window: Int64 = 60
        var (now, start): (Int64, Int64) = (0, 0)
        var used = 0
        var answers: [(ProviderAllowance.Mark, RateHeaders, told: Int64)] = []
        // Nothing is known before the first answer.
        let first = try admitted(allowance.admit(0, now: .zero))
        used = 1
        allowance.learn(
            requests(limit - used, reset: window, limit: limit), about: first, longest: Self.hour, now: .zero)
        for _ in 0..<4_000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0...1:
                guard case .admitted(let mark) = allowance.admit(0, now: moment(now)) else { continue }
                if now >= start + window {
                    // A new window begins with the first request in it, whose answer comes before any other is sent:
                    // until then nobody can know how much it grants.
                    (start, used) = (now, 0)
                    answers = []
                    used += 1
                    let left = requests(limit - used, reset: window, limit: limit)
                    allowance.learn(left, about: mark, longest: Self.hour, now: moment(now))
                } else {
                    used += 1
                    answers.append((mark, requests(limit - used, reset: start + window - now, limit: limit), now))
                }
                #expect(used <= limit)
            case 2...3 where !answers.isEmpty:
                let answer = answers.remove(at: Int.random(in: answers.indices, using: &random))
                allowance.learn(answer.1, about: answer.0, longest: Self.hour, now: moment(answer.told))
            default:
                now += Int64.random(in: 0...9, using: &random)
            }
        }
    }
}
