private struct QueueFull: Error {}
