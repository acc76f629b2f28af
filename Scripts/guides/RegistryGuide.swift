private let recorder = EventRecorder()
private func serve() async throws {}
private let registry = ResilienceRegistry.shared
private struct ModelUnavailable: Error {}
