"""Batches in which every class is seen: some of their slices are drawn among those that show it."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor


def slices_of_classes(mask: Tensor) -> list[np.ndarray]:
    """Positions of all slices of label values (N, 1, H, W), then of those that show class 1, 2, ...; none is empty."""
    there = [(mask == label).flatten(1).any(1) for label in range(1, int(mask.max()) + 1 if len(mask) else 1)]
    found = [np.flatnonzero(shown.numpy()) for shown in there]
    return [np.arange(len(mask)), *(where for where in found if len(where))]


def balanced(rng: np.random.Generator, of_classes: Sequence[np.ndarray], size: int, share: float) -> np.ndarray:
    """`size` positions: `share` of them, rounded up, from slices that show a class, the classes in turn.

    The rest come from all slices. of_classes: as `slices_of_classes` gives them. A position comes twice only where
    `size` is more than there are.
    """
    everything, *classes = of_classes
    wanted = int(np.ceil(share * size)) if classes else 0
    first = int(rng.integers(len(classes))) if classes else 0  # else the first class would have every odd one out
    drawn: list[int] = []
    for number in range(size):
        pool = classes[(first + number) % len(classes)] if number < wanted else everything
        fresh = np.setdiff1d(pool, drawn)
        fresh = fresh if len(fresh) else np.setdiff1d(everything, drawn)
        drawn.append(int(rng.choice(fresh if len(fresh) else everything)))
    return np.array(drawn)
