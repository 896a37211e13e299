"""What the engine refuses, each with the way out in its message."""

from collections.abc import Mapping


class EngineError(RuntimeError):
    """Base of the engine's errors.

    `problem`: what is wrong. `use`: arguments of the engine's verbs that avoid it, {"mode": "fast"}, empty where none
    does. The message is both; a command line puts the second in options of its own.
    """

    def __init__(self, problem: str, *, use: Mapping[str, str] | None = None) -> None:
        self.problem, self.use = problem, dict(use or {})
        super().__init__("; use ".join([problem, *(f"{name}={value!r}" for name, value in self.use.items())]))


class BatchError(EngineError):
    """Inputs, targets or losses of a batch do not fit together."""


class UnsupportedOptimizerError(EngineError):
    """The optimizer's step has no exact lookahead here."""


class NonFiniteError(EngineError):
    """A loss, weight or gradient is NaN or infinite; no step was taken.

    Parameters, buffers, the optimizer's state and the meta average are as before; .grad and random streams may not be.
    """
