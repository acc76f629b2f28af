// What the examples of SageMock leave out. It is type-checked and never run.
import SageMock
