import COpenSSL

/// TLS of one connection, by OpenSSL; it only turns bytes into other bytes, and the socket stays with its owner.
///
/// Belongs to one thread.
final class RedisTLSSession {
    /// Why TLS failed, in a few words.
    struct Failure: Error {
        let reason: String
    }

    private let context: OpaquePointer
    private let session: OpaquePointer
    /// What has arrived, and what is to be sent; the session owns both.
    private let arriving: OpaquePointer
    private let leaving: OpaquePointer

    /// Begins a handshake as a client.
    ///
    /// - Parameters:
    ///   - host: The name or the address that the certificate has to be for.
    ///   - tls: How the server proves who it is.
    init(host: String, _ tls: RedisConfiguration.TLS) throws(Failure) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw Self.failure("no context") }
        guard let session = Self.session(context, tls), let arriving = BIO_new(BIO_s_mem()) else {
            SSL_CTX_free(context)
            throw Self.failure("no session")
        }
        guard let leaving = BIO_new(BIO_s_mem()) else {
            BIO_free(arriving)
            SSL_free(session)
            SSL_CTX_free(context)
            throw Self.failure("no memory")
        }
        SSL_set_bio(session, arriving, leaving)
        self.context = context
        self.session = session
        self.arriving = arriving
        self.leaving = leaving
        try expect(host, isVerified: tls != .unverified)
        SSL_set_connect_state(session)
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    private static func session(_ context: OpaquePointer, _ tls: RedisConfiguration.TLS) -> OpaquePointer? {
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        switch tls {
        case .off, .unverified:
            SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        case .verified(let authorities):
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
            let isLoaded =
                if let authorities {
                    SSL_CTX_load_verify_locations(context, authorities, nil)
                } else {
                    SSL_CTX_set_default_verify_paths(context)
                }
            guard isLoaded == 1 else { return nil }
        }
        return SSL_new(context)
    }

    private func expect(_ host: String, isVerified: Bool) throws(Failure) {
        guard let parameters = SSL_get0_param(session) else { throw Self.failure("no parameters") }
        // An address stands in a certificate as an address, and is not announced to the server.
        let isAddress = X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1
        guard !isAddress else { return }
        ERR_clear_error()
        var name = Array(host.utf8CString)
        guard SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), &name) == 1,
            !isVerified || SSL_set1_host(session, host) == 1
        else { throw Self.failure("the host is not a valid name") }
    }

    // MARK: Bytes

    /// Takes bytes that came from the server.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        guard BIO_write(arriving, bytes.baseAddress, Int32(clamping: bytes.count)) == bytes.count else {
            throw Self.failure("no memory")
        }
    }

    /// Takes the bytes that are to be sent to the server.
    func takeOutput(into output: inout [UInt8]) {
        while true {
            let pending = BIO_ctrl_pending(leaving)
            guard pending > 0 else { return }
            let start = output.count
            output.append(contentsOf: repeatElement(0, count: pending))
            let count = output.withUnsafeMutableBytes { buffer in
                BIO_read(leaving, buffer.baseAddress?.advanced(by: start), Int32(clamping: pending))
            }
            output.removeLast(pending - max(0, Int(count)))
            guard count > 0 else { return }
        }
    }

    /// Goes on with the handshake.
    ///
    /// - Returns: Whether it is complete.
    func shakeHands() throws(Failure) -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        if result == 1 { return true }
        guard SSL_get_error(session, result) == SSL_ERROR_WANT_READ else { throw handshakeFailure() }
        return false
    }

    /// Encrypts bytes; they are output then.
    func encrypt(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            ERR_clear_error()
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
            let count = SSL_write(session, part.baseAddress, Int32(part.count))
            guard count > 0 else { throw Self.failure("encryption failed") }
            rest = rest.dropFirst(Int(count))
        }
    }

    /// Decrypts what has arrived.
    ///
    /// - Returns: How many bytes were put into the buffer; zero when more has to arrive.
    func decrypt(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        ERR_clear_error()
        let count = SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        if count > 0 { return Int(count) }
        switch SSL_get_error(session, count) {
        case SSL_ERROR_WANT_READ: return 0
        case SSL_ERROR_ZERO_RETURN: throw Failure(reason: "the server closed it")
        default: throw Self.failure("decryption failed")
        }
    }

    private func handshakeFailure() -> Failure {
        let verdict = SSL_get_verify_result(session)
        if verdict != Int(X509_V_OK), let text = X509_verify_cert_error_string(verdict) {
            ERR_clear_error()
            return Failure(reason: "the certificate is refused: \(String(cString: text))")
        }
        return Self.failure("the handshake failed")
    }

    private static func failure(_ text: String) -> Failure {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return Failure(reason: text) }
        return Failure(reason: "\(text): \(String(cString: reason))")
    }
}
