import Testing

@testable import SageGateway

struct GracefulApplicationTests {
    @Test(
        arguments: [
            (.seconds(30), .seconds(29)), (.seconds(2), .seconds(1)), (.seconds(1), .milliseconds(500)),
            (.zero, .zero),
        ] as [(Duration, Duration)])
    func someOfTheGraceIsKeptForTellingClients(_ grace: Duration, _ expected: Duration) {
        let application = GracefulApplication(
            application: {}, connections: ConnectionRegistry(), grace: grace)
        #expect(application.timeUntilInterruption == expected)
    }
}
