private let key = ""
