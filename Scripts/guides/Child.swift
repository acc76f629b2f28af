private func importOnce() async throws {}
