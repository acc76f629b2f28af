import SageMemory
import SageResilience
import SageSessions
import SageStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Examines one store that a configuration names.
struct StoreCheck: Sendable {
    /// What is kept there: `state`, `sessions`, `memory`.
    let purposes: [String]
    /// Where the store is, its path resolved.
    let address: StoreAddress

    /// The stores of a configuration, each once.
    static func all(_ configuration: GatewayConfiguration) -> [StoreCheck] {
        let storage = configuration.storage
        var checks: [StoreCheck] = []
        for (purpose, address) in [
            ("state", storage.state), ("sessions", storage.sessions), ("memory", storage.memory),
        ] {
            let address = address.resolved(in: configuration.dataDirectory)
            let others = checks.first { $0.address == address }?.purposes ?? []
            checks.removeAll { $0.address == address }
            checks.append(StoreCheck(purposes: others + [purpose], address: address))
        }
        return checks
    }

    /// What the store is called in results.
    var subject: String { "storage.\(purposes.joined(separator: ", storage."))" }

    /// What was found, and when the store thinks it is (in seconds since 1970), if it says so.
    func run() async -> (results: [CheckResult], time: Int64?) {
        do {
            switch address {
            case .local: return ([CheckResult(subject, .fine, "kept in the server's memory")], nil)
            case .sqlite(let path): return (await sqlite(path), nil)
            case .postgres(let url): return try await postgres(url)
            case .redis(let url): return try await redis(url)
            }
        } catch let error as StorageError {
            return ([failure(error)], nil)
        } catch {
            return ([CheckResult(subject, .failed, "\(address.publicDescription): \(error)")], nil)
        }
    }

    // MARK: SQLite

    private func sqlite(_ path: String) async -> [CheckResult] {
        guard access(path, F_OK) == 0 || errno != ENOENT else {
            return [CheckResult(subject, .fine, "\(path) is not there yet; the server makes it when it starts")]
        }
        do {
            let database = try SQLiteDatabase("doctor", SQLiteConfiguration(.file(path)))
            do {
                let results = try await examine(database, path)
                await database.close()
                return results
            } catch {
                await database.close()
                throw error
            }
        } catch let error as StorageError {
            return [failure(error)]
        } catch {
            return [CheckResult(subject, .failed, "\(path): \(error)")]
        }
    }

    private func examine(_ database: SQLiteDatabase, _ path: String) async throws -> [CheckResult] {
        let damage = try await database.checkIntegrity()
        guard damage.isEmpty else {
            return [
                CheckResult(
                    subject, .failed, "\(path) is damaged: \(damage.prefix(3).joined(separator: "; "))",
                    remedy: "Stop the server, keep a copy of the file, and restore a backup or rescue what is left: "
                        + "sqlite3 \(path) .recover | sqlite3 rescued.db")
            ]
        }
        if let result = await schemaFailure(database) { return [result] }
        let size = try await database.size()
        return [
            CheckResult(
                subject, .fine, "\(path) is intact, \(size.bytes >> 20) MiB and \(size.logBytes >> 20) MiB of log")
        ]
    }

    /// What keeps the server from using the tables that are there.
    private func schemaFailure(_ database: any SQLDatabase) async -> CheckResult? {
        for purpose in purposes {
            let schema =
                switch purpose {
                case "sessions": ConversationStore.schema
                case "memory": MemoryStore.schema
                default: SQLiteStateStore.schema
                }
            do {
                try await schema.check(in: database)
            } catch let error as StorageError {
                return failure(error)
            } catch {
                return CheckResult(subject, .failed, "\(address.publicDescription): \(error)")
            }
        }
        return nil
    }

    // MARK: PostgreSQL

    private func postgres(_ url: StoreURL) async throws -> (results: [CheckResult], time: Int64?) {
        let database = try PostgresDatabase(PostgresConfiguration(url: url.reveal()), name: "doctor")
        let diagnosis = await database.diagnose()
        let time =
            diagnosis.isUsable
            ? try? await database.fetchValue("SELECT extract(epoch FROM clock_timestamp())::bigint").integer : nil
        let schemaFailure = diagnosis.isUsable ? await schemaFailure(database) : nil
        await database.close()
        let needsVectors = purposes.contains("memory")
        let results = diagnosis.steps.compactMap { step -> CheckResult? in
            let isAboutVectors = step.part == .vectorAvailable || step.part == .vectorInstalled
            guard let isOK = step.isOK, needsVectors || !isAboutVectors else { return nil }
            // Without vectors memory is searched by words alone.
            let status: CheckResult.Status = isOK ? .fine : isAboutVectors ? .warning : .failed
            return CheckResult(
                "\(subject), \(step.part.rawValue.replacing("_", with: " "))", status, step.message,
                remedy: isOK ? nil : step.remedy)
        }
        return (results + (schemaFailure.map { [$0] } ?? []), time)
    }

    // MARK: Redis

    private func redis(_ url: StoreURL) async throws -> (results: [CheckResult], time: Int64?) {
        let redis = try Redis(RedisConfiguration(url: url.reveal()), name: "doctor")
        let diagnosis = await redis.diagnose()
        await redis.close()
        let results = diagnosis.findings.compactMap { finding -> CheckResult? in
            let status: CheckResult.Status
            switch finding.verdict {
            case .passed: status = .fine
            case .warning: status = .warning
            case .failed: status = .failed
            case .skipped: return nil
            }
            return CheckResult("\(subject), \(finding.step.rawValue)", status, finding.message, remedy: finding.remedy)
        }
        return (results, nil)
    }

    private func failure(_ error: StorageError) -> CheckResult {
        var message = error.message
        if let code = error.code { message += " (\(code))" }
        var remedy = error.remedy
        if error.problem == .foreign, case .sqlite = address {
            // Its first page may have been overwritten.
            remedy = remedy.map { "\($0); should it be Sage's, restore a backup" }
        }
        return CheckResult(subject, .failed, "\(address.publicDescription): \(message)", remedy: remedy)
    }
}
