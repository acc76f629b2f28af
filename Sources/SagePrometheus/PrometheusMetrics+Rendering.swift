extension PrometheusMetrics {
    /// Writes down all series, in the format that a request asks for.
    ///
    /// Hooks are called first; see ``onScrape(_:_:)``. Writers are not held up and go on meanwhile. For the series of a
    /// histogram, the count and the buckets agree with each other; the sum may be without values that were observed at
    /// this very moment, or have them already. Thread-safe.
    ///
    /// - Parameter accept: The request's `Accept` header; nil when it has none.
    public func render(accepting accept: String?) -> PrometheusPage {
        render(ExpositionFormat(accepting: accept))
    }

    /// Writes down all series.
    ///
    /// - Parameter format: The format. Defaults to the Prometheus text format.
    public func render(_ format: ExpositionFormat = .prometheusText) -> PrometheusPage {
        var text = ""
        render(format) { text += $0 }
        return PrometheusPage(format: format, text: text)
    }

    /// Writes down all series piece by piece, so that a long page is never held in memory as a whole.
    ///
    /// Families are in the order of their names, series in the order of their labels; last come the backend's own
    /// metrics. Families that no longer fit into ``PrometheusConfiguration/maxPageLength`` are left out as a whole.
    ///
    /// - Parameters:
    ///   - format: The format.
    ///   - write: Takes the next piece: one or several whole families.
    /// - Throws: What `write` throws, which ends the page.
    public func render<Failure: Error>(
        _ format: ExpositionFormat, write: (String) throws(Failure) -> Void
    ) throws(Failure) {
        callHooks()
        let snapshot = families
        var leftOut = 0
        /// Without what is kept free for the last lines.
        var room = configuration.maxPageLength - Self.ownLength
        var piece = PageText(format)
        for family in snapshot.families.values.sorted(by: { $0.name < $1.name }) {
            var next = PageText(format)
            next.family(family, help: configuration.help(family))
            guard next.length <= room else {
                leftOut += 1
                continue
            }
            room -= next.length
            piece.append(next)
            if piece.length >= Self.pieceLength {
                try write(piece.text)
                piece = PageText(format)
            }
        }
        var own = PageText(format)
        OwnMetrics.write(
            to: &own, refusals: snapshot.refusals, values: refusedValues, leftOut: leftOut,
            isRoomLeft: { $0.length < Self.ownLength - 2 * FamilyTable.longestName })
        own.end()
        piece.append(own)
        try write(piece.text)
    }

    /// What is kept free on a page for the backend's own metrics, in bytes.
    private static let ownLength = 16_384
    /// How long a piece is at least, except for the last one, in bytes.
    private static let pieceLength = 65_536
}
