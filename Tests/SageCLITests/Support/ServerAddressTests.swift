import SageGateway
import Testing

@testable import SageCLI

struct ServerAddressTests {
    @Test(
        "The option wins over the variable, and an empty variable counts as unset",
        arguments: [
            (nil, [:], "http://127.0.0.1:4141"),
            (nil, ["SAGE_URL": ""], "http://127.0.0.1:4141"),
            (nil, ["SAGE_URL": "https://sage.example"], "https://sage.example"),
            ("http://10.0.0.7:4141/", ["SAGE_URL": "https://sage.example"], "http://10.0.0.7:4141"),
            ("http://10.0.0.7:4141/status", [:], "http://10.0.0.7:4141"),
            ("http://[::1]:80/sage", [:], "http://[::1]/sage"),
        ] as [(String?, [String: String], String)])
    func address(url: String?, environment: [String: String], expected: String) throws {
        #expect(try ServerAddress(url: url, token: nil, environment: environment).url.description == expected)
    }

    @Test(
        "A wrong address names where it came from, but no password",
        arguments: [
            ("not a url", [:], "--url is not a url"), ("", [:], "--url"), ("ftp://x", [:], "--url is ftp://x"),
            (nil, ["SAGE_URL": "localhost"], "SAGE_URL is localhost"),
            ("http://u:hunter2@x", [:], "--url is not valid"),
            ("http://x?key=hunter2", [:], "--url is not valid"),
        ] as [(String?, [String: String], String)])
    func wrongAddress(url: String?, environment: [String: String], message: String) throws {
        let failure = #expect(throws: CommandFailure.self) {
            _ = try ServerAddress(url: url, token: nil, environment: environment)
        }
        #expect(failure?.status == .usage)
        #expect(try #require(failure?.message).contains(message))
        #expect(try #require(failure?.message).contains("hunter2") == false)
    }

    @Test("A token that no header can hold is refused without being shown")
    func wrongToken() throws {
        let failure = #expect(throws: CommandFailure.self) {
            _ = try ServerAddress(url: nil, token: nil, environment: ["SAGE_ADMIN_TOKEN": "hunter2\r\nx: y"])
        }
        #expect(failure?.status == .usage)
        #expect(try #require(failure?.message).hasPrefix("SAGE_ADMIN_TOKEN"))
        #expect(try #require(failure?.message).contains("hunter2") == false)
    }

    @Test("The token comes from the option, else from the variable")
    func token() throws {
        let environment = ["SAGE_ADMIN_TOKEN": "of-the-variable"]
        #expect(try ServerAddress(url: nil, token: "own", environment: environment).token?.reveal() == "own")
        #expect(
            try ServerAddress(url: nil, token: nil, environment: environment).token?.reveal() == "of-the-variable")
        #expect(try ServerAddress(url: nil, token: nil, environment: ["SAGE_ADMIN_TOKEN": ""]).token == nil)
    }
}
