private let service = Client()
