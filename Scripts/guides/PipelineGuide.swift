private let flaky = Client()
