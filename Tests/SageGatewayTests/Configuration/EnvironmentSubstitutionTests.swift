import Testing

@testable import SageGateway

struct EnvironmentSubstitutionTests {
    private static let environment = [
        "SET": "value", "EMPTY": "", "PORT": "8080", "SECRET": "sk-from-environment", "YAML": "a\nport: 1",
        "NESTED": "${SET}",
    ]

    private let substitution = EnvironmentSubstitution(environment: Self.environment)

    @Test(arguments: [
        ("plain", "plain"), ("${SET}", "value"), ("a ${SET} b${SET}", "a value bvalue"), ("${EMPTY}", ""),
        ("${UNSET:-fallback}", "fallback"), ("${EMPTY:-fallback}", "fallback"), ("${SET:-fallback}", "value"),
        ("${UNSET:-}", ""), ("${UNSET:-${SET}}", "value"), ("${UNSET:-${EMPTY:-deep}}!", "deep!"),
        ("${SET:-${UNSET}}", "value"), ("$$", "$"), ("$${SET}", "${SET}"), ("$$$$", "$$"),
        ("$${SET}${SET}", "${SET}value"),
        ("costs 5$", "costs 5$"), ("$5", "$5"), ("${UNSET:-a:-b}", "a:-b"), ("${UNSET:-{}}", "{}"),
        // A value is not looked through again.
        ("${NESTED}", "${SET}"),
    ])
    func variablesAreReplacedAsTheShellDoes(_ source: String, _ expected: String) throws {
        // `${UNSET:-{}}` ends at the first brace, as in a shell; the second one is text.
        #expect(try substitution.substitute(source).text == expected)
    }

    @Test(arguments: [
        ("${UNSET}", "needs the environment variable UNSET, which is not set; set it, or write ${UNSET:-default}"),
        (
            "${EMPTY:-${UNSET}}",
            "needs the environment variable UNSET, which is not set; set it, or write ${UNSET:-default}"
        ),
        ("$SET", "contains `$` before a name; write ${NAME} for a variable, $$ for a dollar sign"),
        ("${SET", "contains `${` without the closing `}`; write ${NAME} or ${NAME:-default}"),
        ("${}", "contains a variable that is not well formed; write ${NAME} or ${NAME:-default}"),
        ("${1A}", "contains a variable that is not well formed; write ${NAME} or ${NAME:-default}"),
        ("${SET-x}", "contains a variable that is not well formed; write ${NAME} or ${NAME:-default}"),
        ("${SÉT}", "contains a variable that is not well formed; write ${NAME} or ${NAME:-default}"),
    ])
    func whatIsNotAVariableIsRefused(_ source: String, _ message: String) {
        let failure = #expect(throws: EnvironmentSubstitution.Failure.self) { try substitution.substitute(source) }
        #expect(failure?.message == message)
    }

    @Test func defaultsThatNestTooDeepAreRefused() {
        let deep = String(repeating: "${UNSET:-", count: 10_000) + String(repeating: "}", count: 10_000)
        let failure = #expect(throws: EnvironmentSubstitution.Failure.self) { try substitution.substitute(deep) }
        #expect(failure?.message == "has defaults nested deeper than 8 levels")
    }

    @Test func textThatGrowsTooLongIsRefused() {
        let large = EnvironmentSubstitution(environment: ["A": String(repeating: "x", count: 40_000)])
        #expect(throws: EnvironmentSubstitution.Failure.self) { try large.substitute("${A}${A}") }
    }

    @Test func aMissingVariableIsReportedWithItsField() {
        #expect(
            complaints("providers:\n  openai:\n    kind: openai\n    apiKey: ${OPENAI_API_KEY}") == [
                "sage.yaml:4:13: providers.openai.apiKey: needs the environment variable OPENAI_API_KEY, "
                    + "which is not set; set it, or write ${OPENAI_API_KEY:-default}"
            ])
    }

    @Test func numbersAndWordsMayComeFromTheEnvironment() throws {
        let configuration = try load(
            minimalFile + "server: { port: \"${PORT}\", idleTimeout: '${UNSET:-30}s' }\n",
            environment: Self.environment)
        #expect(configuration.server.port == 8080)
        #expect(configuration.server.idleTimeout == .seconds(30))
    }

    @Test func aValueCannotChangeTheStructure() {
        #expect(
            complaints(minimalFile + "server:\n  host: ${YAML}\n", environment: Self.environment) == [
                "sage.yaml:4:9: server.host: is not valid with the value of ${YAML}; allowed is a host name or an IP "
                    + "address, for example 127.0.0.1, 0.0.0.0, ::1 or localhost"
            ])
    }

    @Test func aRefusedValueFromTheEnvironmentIsNotRepeated() {
        #expect(
            complaints(minimalFile + "server:\n  port: ${SECRET}", environment: Self.environment)
                == ["sage.yaml:4:9: server.port: is not valid with the value of ${SECRET}; allowed is 0 to 65535"])
    }
}
