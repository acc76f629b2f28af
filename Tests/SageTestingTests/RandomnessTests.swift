import SageResilience
import SageTesting
import Testing

struct RandomnessTests {
    /// The published outputs of the reference implementation for this seed.
    @Test func theGeneratorIsSplitMix64() {
        var generator = SeededGenerator(seed: 1_234_567)
        let numbers = (1...5).map { _ in generator.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test func theGeneratorAndASourceOfItsSeedAgree() {
        var generator = SeededGenerator(seed: 7)
        let source = RandomSource.seeded(7)
        for _ in 1...10 { #expect(generator.unitInterval() == source.unitInterval()) }
    }

    @Test func equalSeedsGiveEqualSequences() {
        let (first, second, other) = (RandomSource.seeded(7), RandomSource.seeded(7), RandomSource.seeded(8))
        let numbers = (1...100).map { _ in first.unitInterval() }
        #expect(numbers == (1...100).map { _ in second.unitInterval() })
        #expect(numbers != (1...100).map { _ in other.unitInterval() })
        #expect(numbers.allSatisfy { (0..<1).contains($0) })
        #expect(abs(numbers.reduce(0, +) / 100 - 0.5) < 0.1)
    }

    @Test(arguments: [
        ([0, 0.25, 0.5], [0, 0.25, 0.5, 0.5, 0.5]),
        ([], [0, 0]),
        ([-1, 2, .nan, .infinity], [0, 0x1.fffffffffffffp-1, 0, 0x1.fffffffffffffp-1]),
    ])
    func aScriptIsReadInOrderAndItsLastNumberRepeats(script: [Double], expected: [Double]) {
        let source = RandomSource.scripted(script)
        #expect(expected.indices.map { _ in source.unitInterval() } == expected)
    }
}
