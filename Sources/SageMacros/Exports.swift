// Expansions call the engine, wherever the decorated function is.
@_exported public import SageResilience
