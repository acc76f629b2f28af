/// A table of aligned columns.
struct TextTable {
    /// A column and how its cells are aligned.
    struct Column: ExpressibleByStringLiteral {
        let title: String
        let isNumber: Bool

        init(_ title: String, isNumber: Bool = false) {
            self.title = title
            self.isNumber = isNumber
        }

        init(stringLiteral title: String) { self.init(title) }

        /// A column that is aligned to the right.
        static func number(_ title: String) -> Column { Column(title, isNumber: true) }
    }

    /// A text and its meaning; what could steer a terminal is replaced.
    struct Cell: ExpressibleByStringInterpolation {
        let text: String
        let tone: TerminalStyle.Tone

        init(_ text: String, _ tone: TerminalStyle.Tone = .plain) {
            self.text = text.printable
            self.tone = tone
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; missing cells are empty.
    mutating func append(_ row: [Cell]) {
        rows.append(row)
    }

    /// The heading and the rows, without spaces at the ends of lines.
    func lines(_ style: TerminalStyle) -> [String] {
        let heading = columns.map { Cell($0.title, .heading) }
        let all = [heading] + rows
        let widths = columns.indices.map { column in
            all.reduce(0) { max($0, column < $1.count ? $1[column].text.count : 0) }
        }
        return all.map { row in
            var line = ""
            var pending = ""
            for (column, cell) in row.prefix(columns.count).enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.text.count)
                let text = style.paint(cell.text, cell.tone)
                let isRight = columns[column].isNumber
                // Spaces wait until something follows them.
                if isRight { pending += padding }
                if !cell.text.isEmpty {
                    line += pending + text
                    pending = ""
                }
                pending += (isRight ? "" : padding) + "  "
            }
            return line
        }
    }
}
