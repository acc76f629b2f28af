import Testing

@testable import SageCLI

struct TextTableTests {
    @Test("Columns are aligned, numbers to the right, without spaces at the ends of lines")
    func alignment() {
        var table = TextTable(["NAME", .number("COUNT"), "NOTE"])
        table.append(["a", "7", "short"])
        table.append(["long name", "1234567"])
        table.append(["b", "", "late"])
        #expect(
            table.lines(.plain) == [
                "NAME         COUNT  NOTE",
                "a                7  short",
                "long name  1234567",
                "b                   late",
            ])
    }

    @Test("Colours do not change the alignment")
    func colours() {
        var table = TextTable(["A", "B"])
        table.append([TextTable.Cell("x", .bad), "y"])
        table.append(["long", TextTable.Cell("z", .good)])
        let lines = table.lines(TerminalStyle(isColoured: true))
        #expect(lines[1] == "\u{1B}[31mx\u{1B}[0m     y")
        #expect(lines[2] == "long  \u{1B}[32mz\u{1B}[0m")
    }

    @Test("What could steer a terminal is replaced")
    func controlCharacters() {
        var table = TextTable(["A"])
        table.append(["\u{1B}[2Jx\u{9B}1m\u{202E}\n"])
        #expect(table.lines(.plain)[1] == "\u{FFFD}[2Jx\u{FFFD}1m\u{FFFD}\u{FFFD}")
    }

    @Test(
        "Colours need a terminal that knows them, and no NO_COLOR",
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
            (true, ["TERM": "dumb"], false), (true, ["TERM": "xterm"], true),
        ] as [(Bool, [String: String], Bool)])
    func whenToColour(isTerminal: Bool, environment: [String: String], isColoured: Bool) {
        #expect(TerminalStyle(isTerminal: isTerminal, environment: environment).isColoured == isColoured)
    }
}
