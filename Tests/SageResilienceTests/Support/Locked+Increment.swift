extension Locked where Value == Int {
    /// Adds one and returns the sum.
    func increment() -> Int {
        update { value in
            value += 1
            return value
        }
    }
}
