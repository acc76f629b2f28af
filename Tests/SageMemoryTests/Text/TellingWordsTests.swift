import SageMemory
import Testing

struct TellingWordsTests {
    @Test(
        "Texts that share a word which says something",
        arguments: [
            ("When is the deploy key rotated?", "The deploy key is rotated on Mondays"),
            ("What is my name?", "My NAME is Ada"),
            ("Wie heißt die Straße?", "strasse des 17. Juni"), ("order 4711", "Order number 4711 is late"),
            ("東京の天気", "昨日の東京"), ("café", "the Cafe\u{301} closes at six"),
        ])
    func shared(query: String, text: String) {
        #expect(TellingWords(query).areShared(by: text))
    }

    @Test(
        "Texts that share nothing, or what all texts have",
        arguments: [
            ("hi", "go"), ("hi", "hi there"), ("what is the weather like", "what is this about"), ("", "anything"),
            ("?!", "?!"),
            ("ist das so", "das ist es"), ("deploy", "redeployment"), ("est-ce que tu es là", "tu es une pomme"),
        ])
    func notShared(query: String, text: String) {
        #expect(!TellingWords(query).areShared(by: text))
    }
}
