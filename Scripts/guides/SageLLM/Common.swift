// What the examples of SageLLM leave out. It is type-checked and never run.
import SageLLM
import SageResilience
