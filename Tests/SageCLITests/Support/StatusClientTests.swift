import ArgumentParser
import HTTPTypes
import NIOCore
import NIOPosix
import SageLLM
import Synchronization
import Testing

@testable import SageCLI

struct StatusClientTests {
    /// A transport that answers everything in the same way and keeps the requests.
    private final class Answer: UpstreamTransport {
        let result: Result<(status: Int, body: String), UpstreamFailure>
        let requests = Mutex<[UpstreamRequest]>([])

        init(_ result: Result<(status: Int, body: String), UpstreamFailure>) {
            self.result = result
        }

        func send(_ request: UpstreamRequest) async throws(UpstreamFailure) -> UpstreamResponse {
            requests.withLock { $0.append(request) }
            let (status, text) = try result.get()
            let body = UpstreamBody(eventLoop: MultiThreadedEventLoopGroup.singleton.any()) {}
            _ = body.receive(ByteBuffer(string: text)) {}
            body.finish()
            return UpstreamResponse(status: status, headers: [:], body: body)
        }

        func shutdown() async {}
    }

    private func client(_ answer: Answer, token: String? = nil) throws -> StatusClient {
        StatusClient(
            client: ServerClient(
                server: try ServerAddress(url: "http://sage:1", token: token, environment: [:]), transport: answer))
    }

    @Test("The status is asked for with the token and a time limit")
    func request() async throws {
        let answer = Answer(.success((200, #"{"status":"healthy","targets":[]}"#)))
        let status = try await client(answer, token: "secret").status()
        #expect(status["status"] == "healthy")
        let request = try #require(answer.requests.withLock { $0.first })
        #expect(request.url == "http://sage:1/status")
        #expect(request.method == .get)
        #expect(request.headers[.authorization] == "Bearer secret")
        #expect(request.responseHeadersTimeout == .seconds(5))
    }

    @Test(
        "A server that does not answer is unreachable",
        arguments: [
            (UpstreamFailure.connection(.connectFailed, detail: "sage:1 refused it"), "refused"),
            (.connection(.nameResolution, detail: "sage"), "resolved"), (.connectTimeout, "within 5s"),
            (.responseHeadersTimeout, "within 5s"), (.bodyTimeout, "within 5s"),
        ])
    func unreachable(failure: UpstreamFailure, words: String) async throws {
        let client = try client(Answer(.failure(failure)))
        let failure = await #expect(throws: CommandFailure.self) { _ = try await client.status() }
        #expect(failure?.status == ExitCode(69))
        #expect(try #require(failure?.message).hasPrefix("http://sage:1 cannot be reached"))
        #expect(try #require(failure?.message).contains(words))
    }

    @Test(
        "A server that answers something else is a failure",
        arguments: [
            (401, "{}", "SAGE_ADMIN_TOKEN"), (404, "", "404"), (200, "<html>", "another server"),
            (200, #"{"ok":true}"#, "another server"),
        ])
    func otherAnswers(status: Int, body: String, words: String) async throws {
        let client = try client(Answer(.success((status, body))), token: "hunter2")
        let failure = await #expect(throws: CommandFailure.self) { _ = try await client.status() }
        #expect(failure?.status == ExitCode(1))
        #expect(try #require(failure?.message).contains(words))
        #expect(try #require(failure?.message).contains("hunter2") == false)
    }

    @Test("An answer that is too large is not read to its end")
    func tooLarge() async throws {
        let body = String(repeating: " ", count: StatusClient.maximumBytes + 1)
        let client = try client(Answer(.success((200, body))))
        let failure = await #expect(throws: CommandFailure.self) { _ = try await client.status() }
        #expect(failure?.status == ExitCode(1))
        #expect(try #require(failure?.message).contains("more than"))
    }
}
