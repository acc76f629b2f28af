/// The words of a text that say what it is about: all but the commonest ones of some languages, which any two texts share.
///
/// Words and pairs of characters are those of the text index, so what a search finds by them shares them here too.
package struct TellingWords: Sendable {
    private let words: Set<String>

    /// The words of a text.
    package init(_ text: String) {
        var words: Set<String> = []
        TermScanner.scan(text) { term in
            guard term.kind != .single || term.isWholeRun, !Self.common.contains(term.text) else { return true }
            words.insert(term.text)
            return words.count < SearchTerms.maxQueryTerms
        }
        self.words = words
    }

    /// Whether another text has any of them.
    package func areShared(by text: String) -> Bool {
        guard !words.isEmpty else { return false }
        var isShared = false
        TermScanner.scan(text) { term in
            isShared = words.contains(term.text)
            return !isShared
        }
        return isShared
    }

    /// Articles, pronouns, prepositions, auxiliary verbs and greetings of English, German, French, Spanish, Italian and
    /// Portuguese, folded as all words are.
    private static let common: Set<String> = {
        let text = """
            a about after again all also am an and any are as at be been before but by can could did do does don each else
            every for from get go got had has have hello her here hers hey hi him his how i if in into is it its just know
            let like ll may me might more most much must my no not now of off on one or other our out over please re s
            shall she should so some such t tell than thank thanks that the their them then there these they thing this
            those to too up us ve very was we well were what when where which while who whom whose why will with would yes
            yet you your
            aber als am an auch auf aus bei bin bis bist bitte da danke das dass dein dem den denn der des die dies du ein
            eine einem einen einer eines er es fur habe haben hallo hat hatte ich ihm ihn ihr im in ist ja jetzt kann
            kein mein mich mir mit nach nein nicht noch nur ob oder ohne sein sich sie sind so uber um und uns unser vom
            von vor war warum was weil wenn wer werden wie wir wird wo zu zum zur
            au aux avec ce ces cette comment dans de des du elle en est et il ils je la le les leur ma mais me merci mes
            moi mon ne nous on ou par pas pour pourquoi quand que quel quelle qui sa se ses si son sont sur ta te tes toi
            ton tu un une vos votre vous
            como con cual cuando del donde el ella es esta este esto gracias hola la las lo los mas me mi muy no nos o para
            pero por porque que quien se si sin su sus te tu un una y ya yo
            che chi ci ciao come con cosa da dei del della di dove e gli ha ho i il io la le lei lo ma mi mia mio ne nel
            non per perche piu quale quando questo se si sono su suo ti tu un una uno
            ao as com da das de do dos e ela ele em eu foi isso mais mas meu minha na nao no nos o ola os ou para por
            porque qual quando que quem se sem seu sua te tem um uma voce
            """
        var words: Set<String> = []
        TermScanner.scan(text) { term in
            words.insert(term.text)
            return true
        }
        return words
    }()
}
