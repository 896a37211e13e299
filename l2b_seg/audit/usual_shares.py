"""How large the classes usually are: what a region in dispute must not be too small beside."""

from collections.abc import Iterable

import numpy as np

from l2b_data.cases.dataset import Dataset
from l2b_data.cases.label_map import case_labels


def usual_shares(dataset: Dataset, cases: Iterable[str], labels: str, plane: str | None) -> list[float]:
    """For each class, the median share of a slice it covers, over the slices of `cases` that show it; 0 for none.

    labels: the folder of masks to measure it on. plane: in which they are cut, see `SliceOptions`.
    """
    found: dict[int, list[float]] = {value: [] for value in range(1, len(dataset.classes) + 1)}
    for case in cases:
        mask = case_labels(dataset, case, labels)
        cut = mask.cut(plane)
        for value, shares in found.items():
            covered = (cut.apply(mask.array) == value).mean((1, 2))
            shares.extend(covered[covered > 0].tolist())
    return [float(np.median(shares)) if shares else 0.0 for shares in found.values()]
