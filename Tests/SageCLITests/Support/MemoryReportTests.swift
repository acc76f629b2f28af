import SageLLM
import Testing

@testable import SageCLI

struct MemoryReportTests {
    @Test func saysWhatBecameOfAText() {
        #expect(MemoryReport.saved(["id": "1", "duplicate": false, "pending": false], .plain) == ["1"])
        #expect(
            MemoryReport.saved(["id": "1", "duplicate": true, "pending": true], .plain) == [
                "1", "It was there already.", "It has no embedding yet and is found by its words only.",
            ])
    }

    @Test func showsTheBestFirstAndWhatWasMissing() {
        let lines = MemoryReport.found(
            [
                "results": [["id": "m1", "text": "two\nlines", "score": 0.032_4]],
                "degraded": [["what": "vector", "why": "the embedder is down"]],
            ], .plain)
        #expect(lines.count == 3)
        #expect(lines[1].contains("0.032"))
        #expect(lines[1].contains("two lines"))
        #expect(lines[2] == "degraded: vector: the embedder is down")
        #expect(MemoryReport.found(["results": []], .plain) == ["Nothing was found."])
    }

    @Test func aPageHasAllFactsAndTheText() {
        #expect(
            MemoryReport.page(["id": "m1", "text": "a\u{1B}b", "metadata": ["k": 1]], .plain) == [
                "id: m1", #"metadata: {"k":1}"#, "", "a\u{FFFD}b",
            ])
    }

    @Test func saysHowManyEmbeddingsWereMadeAndWhyOthersWereNot() {
        #expect(
            MemoryReport.reindexed(["embedded": 3, "refused": 0, "remaining": 0, "problem": nil], .plain) == [
                "3 embeddings were made."
            ])
        #expect(
            MemoryReport.reindexed(
                ["embedded": 0, "refused": 1, "remaining": 2, "problem": "circuit breaker open"], .plain)
                == [
                    "0 embeddings were made.", "1 texts were refused by the model.",
                    "2 memories wait for their embedding: circuit breaker open",
                ])
    }
}
