import Testing

@testable import SageMemory

struct TermScannerTests {
    @Test(arguments: [
        ("Hello, World!", ["hello", "world"]),
        ("Füße tragen Schuhe", ["fusse", "tragen", "schuhe"]),
        ("CAFÉ Cafe\u{301}", ["cafe", "cafe"]),
        ("Ångström smørrebrød Łódź", ["angstrom", "smorrebrod", "lodz"]),
        ("Ёлка Ὀδυσσεύς", ["елка", "οδυσσευσ"]),
        ("ＦＵＬＬ１２", ["full12"]),
        ("snake_case-and 3.14", ["snake", "case", "and", "3", "14"]),
        ("熔断器", ["熔", "熔断", "断", "断器", "器"]),
        ("断", ["断"]),
        ("用Swift写", ["用", "swift", "写"]),
        ("서울 도쿄", ["서", "서울", "울", "도", "도쿄", "쿄"]),
        ("a\u{200B}b so\u{AD}ft", ["ab", "soft"]),
        ("🤖 +-*/ \"'();", []),
        ("", []),
    ])
    func takesTextsApart(_ text: String, _ expected: [String]) {
        #expect(SearchTerms.indexed(text) == expected)
    }

    @Test(arguments: [
        ("熔断器", ["熔断", "断器"]),
        ("断", ["断"]),
        ("a A á", ["a"]),
        ("用 Swift 写", ["用", "swift", "写"]),
        ("NEAR(x) AND \"y\" OR z*", ["near", "x", "and", "y", "or", "z"]),
    ])
    func asksForPairsRatherThanSingles(_ text: String, _ expected: [String]) {
        #expect(SearchTerms.query(text) == expected)
    }

    @Test func cutsLongWords() {
        let terms = SearchTerms.indexed(String(repeating: "x", count: 1_000) + " y")
        #expect(terms == [String(repeating: "x", count: TermScanner.maxWordLength), "y"])
    }

    @Test func boundsWhatIsIndexedAndAskedFor() {
        let many = (0..<200_000).map { "w\($0)" }.joined(separator: " ")
        let terms = SearchTerms.indexed(many)
        #expect(terms.count <= SearchTerms.maxIndexedTerms)
        #expect(terms.reduce(0) { $0 + $1.utf8.count + 1 } <= SearchTerms.maxIndexedBytes)
        #expect(SearchTerms.query(many).count == SearchTerms.maxQueryTerms)
    }

    @Test func quotesTermsForBothDatabases() {
        #expect(SearchTerms.fts5(["and", "b"]) == "\"and\" OR \"b\"")
        #expect(SearchTerms.tsquery(["and", "b"]) == "'and'|'b'")
        #expect(SearchTerms.tsvector(["a", "a"]) == "'a':1,2")
        #expect(Set(SearchTerms.tsvector(["a", "b", "a"]).split(separator: " ")) == ["'a':1,3", "'b':2"])
    }

    @Test func keepsPlacesWithinPostgreSQLsLimits() {
        let vector = SearchTerms.tsvector(Array(repeating: "a", count: 1_000))
        #expect(vector.split(separator: ",").count == 255)
        let late = SearchTerms.tsvector((0..<20_000).map { "t\($0)" })
        #expect(late.contains("'t19999':16383"))
    }
}
