"""Masks that fit the image of another case better than their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

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
    """A case that the mask of `partner` fits better: Dice of its own mask to its proposal, and the partner's.

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
    """Cases of one grid whose masks were exchanged, in pairs or handed on in a circle, by name.

    The masks are dealt to the images so that the sum of Dice is largest, a case that gives its own away counting
    `least` less: a pair gains so much in the mean, and each of its cases something; in a larger circle, of which
    there are many more by chance, each gains twice as much.
    """
    found: dict[str, Swap] = {}
    for grid in sorted({outline.grid for outline in outlines}):
        chosen = [place for place, outline in enumerate(outlines) if outline.grid == grid]
        fits = _fits([outlines[place] for place in chosen], classes)
        masks, images = linear_sum_assignment(fits + least * np.eye(len(chosen)), maximize=True)
        mask_of = dict(zip(images.tolist(), masks.tolist(), strict=True))
        for circle in _circles(mask_of):
            needed = 0 if len(circle) == 2 else 2 * least
            if all(fits[mask_of[image], image] > fits[image, image] + needed for image in circle):
                for image in circle:
                    mask = mask_of[image]
                    change = 1 - fit(outlines[chosen[image]].given, outlines[chosen[mask]].given)
                    own, other = float(fits[image, image]), float(fits[mask, image])
                    found[cases[chosen[image]]] = Swap(cases[chosen[mask]], own, other, change)
    return found


def _circles(mask_of: dict[int, int]) -> list[list[int]]:
    """The circles, of two and more, of a permutation: place -> place."""
    left, found = set(mask_of), []
    while left:
        circle = [min(left)]
        while (following := mask_of[circle[-1]]) != circle[0]:
            circle.append(following)
        left -= set(circle)
        found += [circle] if len(circle) > 1 else []
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
