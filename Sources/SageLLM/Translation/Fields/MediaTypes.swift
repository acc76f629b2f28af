/// The media types of files by their names.
enum MediaTypes {
    private static let types = [
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
        "heic": "image/heic", "heif": "image/heif", "pdf": "application/pdf", "txt": "text/plain", "csv": "text/csv",
        "html": "text/html", "md": "text/markdown", "json": "application/json", "mp3": "audio/mp3", "wav": "audio/wav",
        "aac": "audio/aac", "ogg": "audio/ogg", "flac": "audio/flac", "mp4": "video/mp4", "mpeg": "video/mpeg",
        "mov": "video/mov", "webm": "video/webm",
    ]

    /// The type of the file at a URL, by the end of its path; nil if that tells nothing.
    static func guess(_ url: String) -> String? {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        let file = path.split(separator: "/").last ?? path
        guard let dot = file.lastIndex(of: ".") else { return nil }
        return types[file[file.index(after: dot)...].lowercased()]
    }
}
