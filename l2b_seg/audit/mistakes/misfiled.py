"""Masks that fit the image of another case better than their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from l2b_seg.audit.mistakes.undo import fit

_COARSE = (16, 32, 32)  # voxels at most of a case's outline for this comparison


@dataclass(frozen=True)
class Outline:
    """A case's mask and proposal, thinned out: label values uint8 (E,), and the grid they are of."""

    grid: tuple[int, ...]
    given: np.ndarray
    proposal: np.ndarray


@dataclass(frozen=True)
class Swap:
    """A case whose mask is exchanged with `partner`'s: Dice of mask and proposal before, and after; thinned out.

    change: 1 - Dice of the two masks.
    """

    partner: str
    before: float
    after: float
    change: float


def outline_of(given: np.ndarray, proposal: np.ndarray) -> Outline:
    """The outline of a case of label maps (D, H, W)."""
    places = np.ix_(
        *(
            np.linspace(0, side - 1, min(side, most)).round().astype(int)
            for side, most in zip(given.shape, _COARSE, strict=True)
        )
    )
    return Outline(given.shape, given[places].ravel(), proposal[places].ravel())


def swapped(cases: Sequence[str], outlines: Sequence[Outline], classes: int, *, least: float = 0.1) -> dict[str, Swap]:
    """Pairs of cases of one grid that fit better with each other's masks: both cases, by name.

    Their mean Dice must rise by `least`, and that of each by something. The pair that gains most comes first; a case is
    in one pair.
    """
    found: dict[str, Swap] = {}
    for grid in sorted({outline.grid for outline in outlines}):
        chosen = [place for place, outline in enumerate(outlines) if outline.grid == grid]
        if len(chosen) < 2:
            continue
        fits = _fits([outlines[place] for place in chosen], classes)
        own = np.diag(fits)
        gain = fits - own  # of the image of column j, with the mask of row i
        both = np.triu(np.minimum((gain + gain.T) / 2, np.where((gain > 0) & (gain.T > 0), np.inf, -np.inf)), 1)
        for one, other in _descending(both, least):
            a, b = cases[chosen[one]], cases[chosen[other]]
            if a not in found and b not in found:
                masks = [outlines[chosen[place]].given for place in (one, other)]
                change = 1 - fit(*masks)
                found[a] = Swap(b, float(own[one]), float(fits[other, one]), change)
                found[b] = Swap(a, float(own[other]), float(fits[one, other]), change)
    return found


def _fits(outlines: Sequence[Outline], classes: int) -> np.ndarray:
    """Dice (n, n) of mask i with proposal j, of classes the mean over those in either; 1 where both are empty."""
    total, counted = np.zeros((len(outlines),) * 2), np.zeros((len(outlines),) * 2)
    for value in range(1, classes + 1):
        given = np.stack([outline.given == value for outline in outlines]).astype(np.float32)
        proposal = np.stack([outline.proposal == value for outline in outlines]).astype(np.float32)
        sizes = given.sum(1)[:, None] + proposal.sum(1)[None]
        total += np.divide(2 * given @ proposal.T, sizes, out=np.zeros_like(sizes), where=sizes > 0)
        counted += sizes > 0
    return np.divide(total, counted, out=np.ones_like(total), where=counted > 0)


def _descending(values: np.ndarray, least: float) -> list[tuple[int, int]]:
    """Places (i, j) of the values of at least `least`, the largest first."""
    rows, columns = np.nonzero(values >= least)
    order = np.argsort(-values[rows, columns], kind="stable")
    return [(int(rows[at]), int(columns[at])) for at in order]
