import Foundation
import SageResilience

/// Prints what happened, and ends the example with an error when it is not what should have happened.
func report(_ line: String, asExpected: Bool) {
    print(asExpected ? line : "NOT AS EXPECTED: \(line)")
    if !asExpected { exit(1) }
}

let thermostat = try Thermostat(bus: FieldBus())

print("A quiet line.")
try await thermostat.set(target: 21)
var degrees = try await thermostat.measure()
report("  set to \(await thermostat.target), measured \(degrees) with one attempt", asExpected: degrees == 20.5)

print("Two garbled telegrams: the pipeline tries again, on the actor.")
await thermostat.spoil(with: .noise, times: 2)
degrees = try await thermostat.measure()
let attempts = await thermostat.attempts
report("  measured \(degrees) at attempt \(attempts - 1)", asExpected: degrees == 20.5 && attempts == 4)

print("A register that does not exist: nothing is tried again, and the line is not to blame.")
await thermostat.spoil(with: .unknownRegister, times: 1)
do {
    try await thermostat.set(target: 25)
    report("  the setting went through", asExpected: false)
} catch FieldBus.Fault.unknownRegister {
    let target = await thermostat.target
    report("  the caller's own error comes through; the target is still \(target)", asExpected: target == 21)
}

print("A broken line: one reading fails three times, the next once; that makes four in a row.")
await thermostat.spoil(with: .noise, times: 4)
for reading in 1...2 {
    do {
        _ = try await thermostat.measure()
        report("  reading \(reading) went through", asExpected: false)
    } catch FieldBus.Fault.noise {
        print("  reading \(reading) failed; the breaker is \(thermostat.breakerState)")
    }
}
let before = await thermostat.telegrams
do {
    try await thermostat.set(target: 22)
    report("  the setting went through", asExpected: false)
} catch let rejection as CircuitBreakerError {
    let telegrams = await thermostat.telegrams - before
    report("  refused, after \(telegrams) telegrams: \(rejection)", asExpected: telegrams == 0)
    // The line is mended in the meantime.
    try await Task.sleep(for: rejection.retryAfter ?? .zero)
}

print("The line is mended; the first call after the recovery time finds out.")
try await thermostat.set(target: 22)
degrees = try await thermostat.measure()
let readings = await thermostat.readings
report(
    "  set to 22, measured \(degrees); \(readings) readings kept; the breaker is \(thermostat.breakerState)",
    asExpected: degrees == 21.5 && thermostat.breakerState == .closed)
