import Foundation
import Hummingbird
import Logging
import Metrics
import SagePrometheus
import SageTelemetry
import ServiceLifecycle

/// A server with health endpoints and a page of metrics around one guarded call.
///
/// Without arguments it checks itself and stops; `--serve` keeps it running, on the port that `--port` names.
@main
struct HealthAndMetricsServer {
    static func main() async {
        do {
            try await run()
            print("stopped")
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run() async throws {
        let arguments = CommandLine.arguments
        let serves = arguments.contains("--serve")
        let port = arguments.firstIndex(of: "--port").flatMap { arguments.dropFirst($0 + 1).first }.flatMap { Int($0) }

        let prometheus = try PrometheusMetrics(configuration())
        MetricsSystem.bootstrap(prometheus)
        prometheus.setInfo("shop_build_info", ["version": "1.0.0"])

        // What policies do is logged and counted when it happens. What state they are in is looked at when somebody reads
        // the page.
        let telemetry = try ResilienceTelemetry()
        prometheus.onScrape("sage") { telemetry.sampler.sample() }

        let shop = try Shop(telemetry)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "shop")
        logger.logLevel = .warning
        let server = Application(
            router: try endpoints(of: shop, metrics: prometheus),
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: port ?? (serves ? 8080 : 0)), serverName: "shop"),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { listening.yield(port) }
            },
            logger: logger)

        // The server ends what it is doing before it stops, whether a signal says so or the check is over.
        var services = [ServiceGroupConfiguration.ServiceConfiguration(service: server)]
        if !serves {
            services.append(
                .init(
                    service: SelfCheck(shop: shop, port: ports), successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup))
        }
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: group).run()
    }

    private static func configuration() throws -> PrometheusConfiguration {
        var configuration = PrometheusConfiguration()
        configuration.setBuckets(
            try .exponential(from: 0.000_1, factor: 4, count: 8), for: "shop.stock.duration")
        configuration.setHelp("How long it took to find out what is in stock.", for: "shop.stock.duration")
        configuration.setHelp("The version of the shop.", for: "shop_build_info")
        return configuration
    }
}
