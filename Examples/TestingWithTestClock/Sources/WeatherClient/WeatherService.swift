import SageResilience

/// The service, so far as the client uses it: a test writes its own.
public protocol WeatherService: Sendable {
    /// The temperature in a city, in degrees Celsius.
    func temperature(in city: String) async throws -> Double
}

/// What the service answers instead of a temperature.
public struct WeatherError: ClassifiedError, Equatable {
    /// The HTTP status.
    public let status: Int

    /// Creates an error with an HTTP status.
    public init(status: Int) {
        self.status = status
    }

    /// By this the policies know that a 503 is worth another try and a 404 is not.
    public var classification: ErrorClassification { ErrorClassification(httpStatus: status) }
}
