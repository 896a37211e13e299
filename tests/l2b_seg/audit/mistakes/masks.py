"""Masks worked out by hand, and a judge that sees the clean ones blurred and with noise."""

import numpy as np
from scipy import ndimage

from l2b_data.images.volume import Volume
from l2b_seg.audit.baselines import add_baselines
from l2b_seg.audit.evidence import case_row, slice_rows
from l2b_seg.audit.mistakes.signs import Signs, signs_of
from l2b_seg.audit.outlook import Outlook, most_probable

SHAPE = (10, 48, 56)
SPACING = (3.0, 0.8, 0.8)


def organ(seed: int, shape: tuple[int, int, int] = SHAPE, *, classes: int = 1) -> np.ndarray:
    """Labels (D, H, W): an egg that leans, unlike its own mirror image; a core of class 2 to the left, a strip of 3."""
    rng = np.random.default_rng([seed, 5])
    depth, height, width = shape
    z, y, x = np.indices(shape, float)
    z, y, x = z / max(1, depth - 1), y / height, x / width
    middle_y = rng.uniform(0.36, 0.52) + 0.12 * (z - 0.5)
    middle_x = rng.uniform(0.32, 0.42) + 0.16 * (z - 0.5)
    y, x = y - middle_y, x - middle_x
    taper = 1 + 0.8 * x / 0.2
    size = 0.19 * rng.uniform(0.9, 1.15) * np.sqrt(np.clip(1 - (1.1 * (z - 0.42)) ** 2 * 3, 0, 1) if depth > 1 else 1)
    inside = (y / 0.8 * np.clip(taper, 0.4, 2)) ** 2 + x**2 < size**2
    labels = inside.astype(np.uint8)
    if classes > 1:
        labels[inside & (x < -0.04)] = 2
    if classes > 2:
        labels[inside & (y > 0.06)] = 3
    return labels


def seen_by_judge(
    case: str, clean: np.ndarray, given: np.ndarray, *, classes: int = 1, noise: float = 0.05, seed: int = 0
) -> Outlook:
    """The outlook of a judge whose probabilities are the clean mask, blurred, with smooth noise."""
    rng = np.random.default_rng([seed, 6])
    maps = np.stack([ndimage.gaussian_filter((clean == v).astype(float), (0, 1, 1)) for v in range(classes + 1)])
    maps = maps + noise * np.stack([ndimage.gaussian_filter(rng.normal(size=clean.shape), (0, 2, 2)) * 7 for _ in maps])
    maps = np.clip(maps, 0.01, None)
    maps = (maps / maps.sum(0)).astype(np.float32)
    probability = maps[1:] if classes == 1 else maps
    return outlook(case, given, most_probable(probability), probability)


def outlook(case: str, given: np.ndarray, proposal: np.ndarray, probability: np.ndarray | None = None) -> Outlook:
    """The outlook with this proposal; of one class and no `probability`, the judge is sure by 0.9."""
    if probability is None:
        probability = np.where(proposal > 0, 0.9, 0.1).astype(np.float32)[None]
    cut = Volume(given).cut()
    return Outlook(case, Volume(given), cut, given, probability, probability, proposal, SPACING)


def signs_between(
    given: np.ndarray, proposal: np.ndarray, *, classes: int = 1, usable: list[int] | None = None
) -> Signs:
    """Signs of a mask beside a proposal of which the judge is sure by 0.8."""
    maps = np.stack([np.where(proposal == value, 0.9, 0.1 / classes) for value in range(classes + 1)])
    maps = maps.astype(np.float32)
    seen = outlook("a", given, proposal, maps[1:] if classes == 1 else maps)
    return signs_of(seen, usable or list(range(1, classes + 1)), classes)


def rows_and_signs(looks: list[Outlook], *, classes: int = 1, usable: list[int] | None = None):
    """Signs by case, rows of cases, rows of slices, as an audit makes them before it looks at the whole set."""
    signs, cases, slices = {}, [], []
    for seen in looks:
        signs[seen.case] = signs_of(seen, usable or list(range(1, classes + 1)), classes)
        rows, row = (
            slice_rows(seen, 0, [0.1] * max(1, len(seen.probability) - 1), range(1, max(2, len(seen.probability)))),
            case_row(seen, signs[seen.case].disagreement, 0),
        )
        add_baselines(seen, row, rows)
        cases.append(row)
        slices.extend(rows)
    return signs, cases, slices
