package import SageLLM
import SageResilience

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Everything that `sage doctor` checks of a configuration.
package struct Checkup: Sendable {
    private let configuration: GatewayConfiguration
    private let transport: any UpstreamTransport

    /// Prepares the checks.
    ///
    /// - Parameters:
    ///   - configuration: A configuration that has been checked.
    ///   - transport: How providers are reached. Defaults to the network.
    package init(_ configuration: GatewayConfiguration, transport: any UpstreamTransport = PooledTransport()) {
        self.configuration = configuration
        self.transport = transport
    }

    /// Runs the checks in an order that people read well; what takes long runs beside each other.
    ///
    /// - Parameter report: Called for each result when it is there.
    package func run(_ report: (CheckResult) -> Void) async {
        report(DiskCheck(directory: configuration.dataDirectory).run())
        var times: [(name: String, seconds: Int64)] = []
        for group in await [providerChecks(), storeChecks()] {
            for (results, time, name) in group {
                results.forEach(report)
                if let time { times.append((name, time)) }
            }
        }
        report(ClockCheck.result(times, now: Int64(time(nil))))
        await transport.shutdown()
    }

    /// What was found, and when whoever was asked thinks it is.
    typealias Finding = (results: [CheckResult], time: Int64?, name: String)

    private func providerChecks() async -> [Finding] {
        await withTaskGroup(of: (Int, Finding).self) { group in
            for (index, provider) in configuration.providers.sorted(by: { $0.key < $1.key }).enumerated() {
                let check = ProviderCheck(name: provider.key, provider: provider.value, transport: transport)
                group.addTask {
                    let (results, time) = await check.run()
                    return (index, (results, time, "provider \(provider.key)"))
                }
            }
            var findings: [(Int, Finding)] = []
            for await finding in group { findings.append(finding) }
            return findings.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func storeChecks() async -> [Finding] {
        var findings: [Finding] = []
        for check in StoreCheck.all(configuration) {
            let (results, time) = await check.run()
            findings.append((results, time, check.subject))
        }
        return findings
    }
}
