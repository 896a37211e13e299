"""Slow textbook versions, written from the definitions alone; the fast ones are checked against them."""

from itertools import product
from typing import Any

import numpy as np


def border_points(mask: np.ndarray, spacing: Any) -> np.ndarray:
    """Positions (n, axes) of mask voxels with a face neighbour outside; beyond the image edge is outside."""

    def inside(index: tuple[int, ...]) -> bool:
        return all(0 <= i < n for i, n in zip(index, mask.shape, strict=True)) and bool(mask[index])

    points = []
    for index in product(*map(range, mask.shape)):
        if not inside(index):
            continue
        steps = [(axis, step) for axis in range(mask.ndim) for step in (-1, 1)]
        neighbours = [tuple(i + step * (axis == k) for k, i in enumerate(index)) for axis, step in steps]
        if not all(inside(neighbour) for neighbour in neighbours):
            points.append([i * s for i, s in zip(index, spacing, strict=True)])
    return np.array(points)


def surface_distances(pred: np.ndarray, ref: np.ndarray, spacing: Any, tolerance: float) -> dict[str, float]:
    """Every surface metric of two masks with voxels, from the full table of distances, O(n pred x n ref)."""
    table = np.linalg.norm(border_points(pred, spacing)[:, None] - border_points(ref, spacing)[None], axis=-1)
    to_ref, to_pred = table.min(axis=1), table.min(axis=0)
    both = sorted([*to_ref, *to_pred])
    return {
        "hd": both[-1],
        "hd95": max(percentile(to_ref, 95), percentile(to_pred, 95)),
        "hd95_pooled": percentile(both, 95),
        "assd": sum(both) / len(both),
        "masd": (sum(to_ref) / len(to_ref) + sum(to_pred) / len(to_pred)) / 2,
        "asd_pred_to_ref": sum(to_ref) / len(to_ref),
        "asd_ref_to_pred": sum(to_pred) / len(to_pred),
        "nsd": sum(d <= tolerance + 1e-9 for d in both) / len(both),
    }


def percentile(values: Any, q: float) -> float:
    """Percentile with linear interpolation between the two nearest ranks."""
    ordered = sorted(values)
    rank = q / 100 * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (rank - low) * (ordered[high] - ordered[low]))
