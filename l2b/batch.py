"""What a batch is: inputs and targets of equal number."""

from torch import Tensor

from l2b.errors import BatchError

Batch = tuple[Tensor, Tensor]


def require_pairs(name: str, batch: Batch) -> None:
    """Raise BatchError where the batch (inputs (B, *), targets (B, *)) is empty or the two numbers differ."""
    inputs, targets = (part.shape[0] if part.ndim else 0 for part in batch)
    if inputs != targets or inputs == 0:
        raise BatchError(f"{name} has {inputs} inputs and {targets} targets: both must be the same number, at least 1")
