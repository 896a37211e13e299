"""What the engine refuses, each with the way out in its message."""


class EngineError(RuntimeError):
    """Base of the engine's errors."""


class BatchError(EngineError):
    """Inputs, targets or losses of a batch do not fit together."""


class UnsupportedOptimizerError(EngineError):
    """The optimizer's step has no exact lookahead here."""


class NonFiniteError(EngineError):
    """A loss, weight or gradient is NaN or infinite; no step was taken and the parameters are unchanged."""
