/// What a pipeline gives to policies that are its own.
struct PipelineEnvironment: Sendable {
    let name: String
    let clock: any Clock<Duration>
    let random: RandomSource
    let listener: (any ResilienceListener)?
}
