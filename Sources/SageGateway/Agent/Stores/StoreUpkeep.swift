import SageResilience
import ServiceLifecycle

/// Looks after the files of stores once an hour, while a server runs.
struct StoreUpkeep: Service {
    static let interval = Duration.seconds(3_600)

    private let databases: Databases
    private let clock: any Clock<Duration>

    init(_ databases: Databases, clock: any Clock<Duration>) {
        self.databases = databases
        self.clock = clock
    }

    /// Looks after them until the server shuts down or the task is cancelled.
    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await Timeline(clock).sleep(nanoseconds: Self.interval.saturatingNanoseconds)) != nil {
                await databases.maintain()
            }
        }
    }
}
