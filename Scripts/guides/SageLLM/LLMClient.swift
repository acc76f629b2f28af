private let claude: any LLMClient = standIn()
private let openai: any LLMClient = standIn()
private let question: ChatCompletionRequest = standIn()
