extension GatewayConfiguration {
    /// Reports each circle of fallbacks once; a request could go round in it for ever.
    ///
    /// All kinds of fallback count together, since a request may fail for one reason here and for another there.
    func checkFallbackCycles(_ reader: inout ConfigurationReader) {
        var finished: Set<String> = []
        for start in models.keys.sorted() where !finished.contains(start) {
            // The way from the start to the model at hand, each with the fallbacks not yet followed. A list of its own
            // instead of recursion, so that a long chain needs no deep stack.
            var way = [(name: start, rest: fallbacks(of: start)[...])]
            while let current = way.last {
                guard let next = current.rest.first else {
                    finished.insert(current.name)
                    way.removeLast()
                    continue
                }
                way[way.count - 1].rest.removeFirst()
                if let entry = way.firstIndex(where: { $0.name == next }) {
                    let circle = way[entry...].map(\.name) + [next]
                    let path = FieldPath.root.key("models").key(current.name).key("fallbacks")
                    let shown = circle.prefix(8).map(Printable.value).joined(separator: " -> ")
                    reader.report(path, "leads back to itself: \(shown)\(circle.count > 8 ? " -> ..." : "")")
                } else if !finished.contains(next), models[next] != nil {
                    way.append((next, fallbacks(of: next)[...]))
                }
            }
        }
    }

    private func fallbacks(of name: String) -> [String] {
        models[name]?.fallbacks.named.flatMap(\.models) ?? []
    }
}
