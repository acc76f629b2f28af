private let recorder = EventRecorder()
private func serve() async throws {}
