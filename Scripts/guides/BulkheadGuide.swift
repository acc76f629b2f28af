private let documents = ""
