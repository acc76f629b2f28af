import Foundation
import NIOSSL

/// Identities that signed themselves, valid from 2020 to 2120; they guard nothing.
struct TestIdentity: Sendable {
    let certificate: String
    let key: String

    /// For `localhost` and 127.0.0.1.
    static let local = Self(
        certificate: """
            MIIBRzCB7qADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCXNhZ2UgdGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIw
            MDEwMTAwMDAwMFowFDESMBAGA1UEAwwJc2FnZSB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEX+E0K9XW0DIY8qT5
            LuNuA80YEeswXJWIdZMyIEKD5CKctmBP6CDlsNXMRrZIjwOfPAPR9xeUTpajwnoz6aKRMqMvMC0wGgYDVR0RBBMwEYIJbG9j
            YWxob3N0hwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgLHBlq06lIj0QuAR5zvswgV6tKMWJVmZw
            hBbGLvTNG/sCIQCiqp/1dYvkAkQwQR+OOz0HjZuLGTV0KgmwKjXSOAZYQw==
            """,
        key: """
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgb1eL89FpqVSwkfjonN3KgBzefy699UCS8abtm0KeKjKhRANC
            AARf4TQr1dbQMhjypPku424DzRgR6zBclYh1kzIgQoPkIpy2YE/oIOWw1cxGtkiPA588A9H3F5ROlqPCejPpopEy
            """)

    /// For a host that does not exist.
    static let elsewhere = Self(
        certificate: """
            MIIBRzCB7qADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCXNhZ2UgdGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIw
            MDEwMTAwMDAwMFowFDESMBAGA1UEAwwJc2FnZSB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEy706FXTM77LdsKk9
            5UZEQrhhrsKeBsNctHH8XoNhrPmS0NeFQyt+HcKN//82LGN5nnf/Ot+ADwnTTQ6jxBlLRaMvMC0wGgYDVR0RBBMwEYIPZXhh
            bXBsZS5pbnZhbGlkMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAN6aUrDCP6s4xPjMt6520Br5CyYbTZ41
            qmS9hORkRVeQAiBcNbVvjommsXMFJm+wu0+JmYNkk8qZUdi18Xsa6Ie4RA==
            """,
        key: """
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg64ytzQKvrCymj42AGkv8n7YtFxD1no6beO0/D7OgrbOhRANC
            AATLvToVdMzvst2wqT3lRkRCuGGuwp4Gw1y0cfxeg2Gs+ZLQ14VDK34dwo3//zYsY3med/8634APCdNNDqPEGUtF
            """)

    /// What a server needs to use it.
    func serverContext(protocols: [String] = ["http/1.1"]) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Self.bytes(certificate), format: .der))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Self.bytes(key), format: .der)))
        configuration.applicationProtocols = protocols
        return try NIOSSLContext(configuration: configuration)
    }

    /// Writes the certificate to a file for as long as the body runs.
    func withCertificateFile<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(path: "sage-test-\(UUID().uuidString).pem")
        let label = "CERTIFICATE"
        try "-----BEGIN \(label)-----\n\(certificate)\n-----END \(label)-----\n"
            .write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await body(file.path)
    }

    private static func bytes(_ text: String) -> [UInt8] {
        Data(base64Encoded: text, options: .ignoreUnknownCharacters).map { [UInt8]($0) } ?? []
    }
}
