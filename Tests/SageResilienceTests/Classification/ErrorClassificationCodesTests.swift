import SageResilience
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

struct ErrorClassificationCodesTests {
    @Test(
        "statuses of HTTP",
        arguments: [
            (400, .permanent), (401, .authentication), (402, .quotaExhausted), (403, .authentication),
            (404, .permanent), (407, .authentication), (408, .transient), (409, .transient), (413, .permanent),
            (422, .permanent), (425, .transient), (429, .rateLimited), (499, .permanent), (500, .transient),
            (501, .permanent), (502, .transient), (503, .overloaded), (504, .timeout), (505, .permanent),
            (520, .transient), (529, .overloaded), (599, .transient), (301, .permanent), (200, .unknown),
            (100, .unknown), (600, .unknown), (0, .unknown), (-1, .unknown), (Int.max, .unknown), (Int.min, .unknown),
        ] as [(Int, ErrorClass)])
    func httpStatuses(status: Int, errorClass: ErrorClass) {
        #expect(ErrorClassification(httpStatus: status) == ErrorClassification(errorClass))
        #expect(
            ErrorClassification(httpStatus: status, retryAfter: .seconds(1))
                == ErrorClassification(errorClass, hint: .wait(.seconds(1))))
    }

    /// After something was sent.
    private static let brokenConnection = ErrorClassification(.transient, isConnection: true)

    @Test(
        "SQLSTATE (ISO 9075, PostgreSQL appendix A)",
        arguments: [
            ("40001", .init(.transient)), ("40P01", .init(.transient)), ("40000", .init(.transient)),
            ("40002", .init(.permanent)), ("40003", .init(.transient, hint: .doNotRetry)),
            ("08000", brokenConnection), ("08003", brokenConnection), ("08006", brokenConnection),
            ("08P01", brokenConnection), ("08S01", brokenConnection),
            ("08001", .init(.transient, isNotSent: true)), ("08004", .init(.transient, isNotSent: true)),
            ("08007", .init(.transient, hint: .doNotRetry, isConnection: true)),
            ("53300", .init(.overloaded, isNotSent: true)), ("53100", .init(.overloaded)),
            ("53200", .init(.overloaded)), ("53400", .init(.permanent)),
            ("57P01", .init(.transient)), ("57P02", .init(.transient)),
            ("57P03", .init(.transient, isNotSent: true)), ("57P04", .init(.permanent)), ("57014", .init(.timeout)),
            ("58030", .init(.transient)), ("25P04", .init(.timeout)), ("25P02", .init(.permanent)),
            ("55P03", .init(.transient)), ("55000", .init(.permanent)),
            ("28000", .init(.authentication)), ("28P01", .init(.authentication)), ("42501", .init(.authentication)),
            ("42601", .init(.permanent)), ("42P01", .init(.permanent)), ("23505", .init(.permanent)),
            ("22012", .init(.permanent)), ("3D000", .init(.permanent)), ("0A000", .init(.permanent)),
            ("P0001", .init(.permanent)), ("XX000", .init(.unknown)), ("HY000", .init(.unknown)),
            ("00000", .init(.unknown)), ("", .init(.unknown)), ("4000", .init(.unknown)), ("400010", .init(.unknown)),
            ("40 01", .init(.unknown)), ("40\u{e9}1", .init(.unknown)), ("ZZZZZ", .init(.unknown)),
        ] as [(String, ErrorClassification)])
    func sqlStates(code: String, classification: ErrorClassification) {
        #expect(ErrorClassification(sqlState: code) == classification)
    }

    private struct DatabaseError: SQLStateError, CustomStringConvertible {
        var sqlState: String?
        var description = ""
    }

    @Test func anErrorWithASQLStateClassifiesItself() {
        #expect(ErrorClassifier.default.classify(DatabaseError(sqlState: "23505")).errorClass == .permanent)
        #expect(ErrorClassifier.database.classify(DatabaseError(sqlState: "40P01")).errorClass == .transient)
        // The text of a violation holds the user's data.
        let violation = DatabaseError(sqlState: "23505", description: "Key (title)=(rate limit, timed out) exists")
        #expect(ErrorClassifier.database.classify(violation).errorClass == .permanent)
    }

    @Test(
        "what libpq says without a SQLSTATE",
        arguments: [
            ("could not connect to server: Connection refused", .transient),
            (
                "connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  password authentication failed for user",
                .authentication
            ),
            ("FATAL: no pg_hba.conf entry for host", .authentication),
            ("FATAL:  sorry, too many clients already", .overloaded),
            ("FATAL:  the database system is starting up", .transient),
            ("server closed the connection unexpectedly", .transient),
            ("could not translate host name \"db\" to address", .transient),
            ("timeout expired", .timeout), ("relation \"rate limit\" does not exist", .unknown),
        ] as [(String, ErrorClass)])
    func connectionTexts(text: String, errorClass: ErrorClass) {
        #expect(ErrorClassifier.database.classify(DatabaseError(description: text)).errorClass == errorClass)
        #expect(ErrorClassifier.default.classify(DatabaseError(description: text)).errorClass == .unknown)
    }

    @Test func theNetworkPresetReadsConnectionsAndStatusesOnly() {
        func read(_ text: String) -> ErrorClass {
            ErrorClassifier.network.classify(DatabaseError(description: text)).errorClass
        }
        #expect(read("Connection reset by peer") == .transient)
        #expect(read("HTTP 429") == .rateLimited)
        #expect(read("operation timed out") == .timeout)
        #expect(read("the rate limit of the authentication was not found") == .unknown)
    }

    @Test(
        "numbers of the operating system, as it numbers them",
        arguments: [
            (ECONNREFUSED, .init(.transient, isNotSent: true)), (EHOSTUNREACH, .init(.transient, isNotSent: true)),
            (EHOSTDOWN, .init(.transient, isNotSent: true)), (ENETUNREACH, .init(.transient, isNotSent: true)),
            (ENETDOWN, .init(.transient, isNotSent: true)), (EADDRNOTAVAIL, .init(.transient, isNotSent: true)),
            (ECONNRESET, brokenConnection), (ECONNABORTED, brokenConnection), (ENETRESET, brokenConnection),
            (EPIPE, brokenConnection), (ENOTCONN, brokenConnection), (ESHUTDOWN, brokenConnection),
            (EIO, .init(.transient)), (EINTR, .init(.transient)), (EAGAIN, .init(.transient)),
            (ECANCELED, .init(.transient)), (ETIMEDOUT, .init(.timeout)),
            (EMFILE, .init(.overloaded, fault: .caller, isNotSent: true)),
            (ENFILE, .init(.overloaded, fault: .caller, isNotSent: true)),
            (ENOMEM, .init(.overloaded, fault: .caller)), (ENOBUFS, .init(.overloaded, fault: .caller)),
            (EACCES, .init(.permanent)), (EPERM, .init(.permanent)),
            (0, .init(.unknown)), (-1, .init(.unknown)), (Int32.max, .init(.unknown)),
        ] as [(Int32, ErrorClassification)])
    func errnos(code: Int32, classification: ErrorClassification) {
        #expect(ErrorClassification(errno: code) == classification)
        var whileConnecting = classification
        whileConnecting.isNotSent = true
        whileConnecting.isConnection = true
        #expect(ErrorClassification(errno: code, isConnecting: true) == whileConnecting)
    }
}
