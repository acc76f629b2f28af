import Testing

@testable import SageMock

struct RequestMatchTests {
    @Test(arguments: [
        ("gpt-5", "gpt-5", true), ("gpt-5", "gpt-5-mini", false), ("gpt-*", "gpt-5-mini", true), ("*", "", true),
        ("*-mini", "gpt-5-mini", true), ("*-mini", "gpt-5-minimal", false), ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "acb", false), ("aa*aa", "aaa", false), ("*é*", "café!", true), ("", "x", false),
    ])
    func aStarStandsForAnyText(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(Wildcard(pattern).matches(text) == expected)
    }

    @Test func allConditionsHaveToHold() {
        var match = RequestMatch()
        match.path = Wildcard("/v1/*")
        match.isStream = true
        match.headers = ["authorization": Wildcard("Bearer *")]
        let request = RequestFacts(
            path: "/v1/chat/completions", model: "m", isStream: true, headers: ["authorization": "Bearer k"])
        #expect(match.matches(request))

        var other = request
        other.isStream = false
        #expect(!match.matches(other))
        other = request
        other.headers = [:]
        #expect(!match.matches(other))
        other = request
        other.path = "/v2"
        #expect(!match.matches(other))
    }

    @Test func aModelConditionNeedsAModel() {
        var match = RequestMatch()
        match.model = Wildcard("*")
        #expect(!match.matches(RequestFacts(path: "/v1/models")))
    }
}
