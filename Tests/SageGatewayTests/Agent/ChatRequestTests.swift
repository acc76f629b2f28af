import NIOCore
import Testing

@testable import SageGateway

struct ChatRequestTests {
    private func read(_ text: String, headerKey: String? = nil) throws(GatewayError) -> ChatRequest {
        try ChatRequest(ByteBuffer(string: text), headerKey: headerKey)
    }

    @Test func everyFieldIsRead() throws {
        let request = try read(
            #"""
            {"session_id":"s\u00e9 \ud83d\ude42","message":"hi","model":"m","stream":true,"idempotency_key":"k",
            "memory":{"recall":false,"save":"turn","namespace":"n"}}
            """#, headerKey: "k")
        #expect(request.sessionID == "sé 🙂")
        #expect(request.message == "hi")
        #expect(request.model == "m")
        #expect(request.isStream)
        #expect(request.idempotencyKey == "k")
        #expect(request.memory == .init(recall: false, save: .turn, namespace: "n"))
    }

    @Test(arguments: [
        (#"{"message":"x"}"#, ChatRequest.MemoryWish()),
        (#"{"message":"x","memory":null}"#, .init()),
        (#"{"message":"x","memory":true}"#, .init(recall: true)),
        (#"{"message":"x","memory":false}"#, .init(recall: false, save: .off)),
        (#"{"message":"x","memory":{"save":false}}"#, .init(save: .off)),
        (#"{"message":"x","memory":{"save":true}}"#, .init(save: .user)),
    ])
    func memoryIsAWordOrAnObject(_ text: String, _ wish: ChatRequest.MemoryWish) throws {
        #expect(try read(text).memory == wish)
    }

    @Test func theFieldOfTheHeaderCountsWhereTheBodyHasNone() throws {
        #expect(try read(#"{"message":"x"}"#, headerKey: "h").idempotencyKey == "h")
    }

    @Test(arguments: [
        ("[]", nil), ("{", nil), ("{}", "message"), (#"{"message":""}"#, "message"),
        (#"{"message":" \n\t"}"#, "message"),
        (#"{"message":[]}"#, "message"),
        (#"{"message":"x","session_id":""}"#, "session_id"), (#"{"message":"x","session_id":"\u0000"}"#, "session_id"),
        (#"{"message":"x","session_id":"\ud800"}"#, "session_id"),
        (#"{"message":"x","session_id":"\udc00a"}"#, "session_id"),
        (#"{"message":"x","session_id":"\ud800\ud800\udc00"}"#, "session_id"),
        (#"{"message":"x","session_id":"\#(String(repeating: "x", count: 901))"}"#, "session_id"),
        (#"{"message":"x","stream":1}"#, "stream"), (#"{"message":"x","sesion_id":"s"}"#, "sesion_id"),
        (#"{"message":"x","memory":1}"#, "memory"), (#"{"message":"x","memory":{"k":1}}"#, "memory.k"),
        (#"{"message":"x","memory":{"save":"all"}}"#, "memory.save"),
        (#"{"message":"x","idempotency_key":""}"#, "idempotency_key"),
        (#"{"message":"x","session_id":"a","session_id":"b"}"#, "session_id"),
        (#"{"message":"x","session_id":"a","session\u005fid":"a"}"#, "session_id"),
        (#"{"message":"x","idempotency_key":"\ud800"}"#, "idempotency_key"),
    ])
    func aWrongFieldIsNamed(_ text: String, _ field: String?) {
        let error = #expect(throws: GatewayError.self) { try read(text) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.parameter == field)
    }

    @Test func twoDifferentKeysAreRefused() {
        let error = #expect(throws: GatewayError.self) {
            try read(#"{"message":"x","idempotency_key":"a"}"#, headerKey: "b")
        }
        #expect(error?.parameter == "idempotency_key")
    }

    @Test func aMisspeltFieldGetsAHint() {
        let error = #expect(throws: GatewayError.self) { try read(#"{"message":"x","sesion_id":"s"}"#) }
        #expect(error?.message.contains("did you mean session_id?") == true)
    }
}
