/// On whose key vectors are made: that of the request in whose task a store asks for them.
enum EmbeddingPayer {
    /// Nil for what the server does by itself, such as making up for vectors that could not be made at once.
    @TaskLocal static var key: ClientKey?
}
