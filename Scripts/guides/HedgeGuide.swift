private let replicas = [Client(), Client()]
