/// Joins results to calls where a Gemini request leaves out their ids.
///
/// A call without an id gets one. A result belongs to the call of its id, else to the first call of its name that has
/// no result yet, which is how Gemini reads parallel calls.
struct GeminiCallIDs {
    private var open: [(name: String, id: String)] = []
    private var used: Set<String> = []

    /// The id of the next call.
    mutating func call(_ name: String, id: String?) -> String {
        var call = id ?? ""
        if call.isEmpty {
            var number = used.count
            repeat {
                call = "call_\(number)"
                number += 1
            } while used.contains(call)
        }
        used.insert(call)
        open.append((name, call))
        return call
    }

    /// The id of the call that a result answers; nil if there is none.
    mutating func result(_ name: String, id: String?) -> String? {
        let position = open.firstIndex { $0.id == id } ?? open.firstIndex { $0.name == name }
        return position.map { open.remove(at: $0).id }
    }
}
